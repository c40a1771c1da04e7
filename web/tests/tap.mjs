/* Plain TAP for prove: a line for each test, failures as comments. Node's own reporter writes YAML that prove cannot read. */
export default async function* tap(source) {
  let count = 0;
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const fine = type === "test:pass";
    yield `${fine ? "" : "not "}ok ${++count} - ${data.name}${data.skip === undefined ? "" : " # SKIP"}\n`;
    if (!fine) {
      const error = data.details.error?.cause ?? data.details.error;
      yield `# ${String(error?.message ?? error).slice(0, 2000).replace(/\n/g, "\n# ")}\n`;
    }
  }
  yield `1..${count}\n`;
}
