/* Views that come when they are first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { busyUntil } from "../state/settled";

export function lazy(load: () => Promise<ComponentType>): ComponentType {
  let known: ComponentType | null = null;
  return function Lazy() {
    const [Shown, setShown] = useState<ComponentType | null>(() => known);
    useEffect(() => {
      if (!known)
        void busyUntil(load()).then((component) => {
          known = component;
          setShown(() => component);
        });
    }, []);
    return Shown ? <Shown /> : <p class="muted" aria-busy="true">…</p>;
  };
}
