// The product's own sentences, so that tests hold on to meaning and not to wording.
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../i18n/", import.meta.url);
const catalogue = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const locale = file.split(".")[1];
  catalogue[locale] = { ...catalogue[locale], ...JSON.parse(readFileSync(new URL(file, folder), "utf8")) };
}

// say is a sentence with its values; without a value it ends before the first gap.
export function say(key, values = {}, locale = "zh") {
  const sentence = catalogue[locale][key];
  if (!sentence) throw new Error(`no sentence ${key}`);
  return sentence.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap).replace(/\{.*/s, "");
}
