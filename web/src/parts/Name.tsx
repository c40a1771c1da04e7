/* A long name, "model.layers.{0-35}.self_attn.q_proj.weight", that breaks where it has joints. */
import { Fragment } from "preact";

export function Name({ name }: { name: string }) {
  return (
    <>
      {name.split(/(?<=[.,/_])(?=\S)/).map((part, i) => (
        <Fragment key={i}>{i > 0 && <wbr />}{part}</Fragment>
      ))}
    </>
  );
}
