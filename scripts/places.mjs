// Turns the table of municipalities and foreign states from npm, and what
// places.tsv adds to it, into the file that internal/codicefiscale reads: a line
// for each Belfiore code, sorted, with the columns
//
//   code, province or ISO 3166-1 code, first day, first day no longer, names
//
// separated by tabs. Days are ISO 8601, empty for "always" and "still"; names
// are separated by "|", the official one first.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const belfiore = createRequire(import.meta.url)("@marketto/belfiore-connector-embedded").default;

// The table's dates are local midnights.
const day = (date) =>
  `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

// Everything that the Kingdom of Italy found on its first day began earlier.
const kingdom = "1861-03-17";

// Dell'alba, as the table spells some names, becomes Dell'Alba.
const capitals = (name) => name.replace(/'(\p{Ll})/gu, (found) => found.toUpperCase());

function place({ belfioreCode, province, iso3166, creationDate, expirationDate, name }) {
  const from = day(creationDate);
  const to = day(expirationDate);
  return {
    code: belfioreCode,
    area: (province ?? iso3166).trim(),
    from: from <= kingdom ? "" : from,
    to: to.startsWith("9999") ? "" : to,
    names: [capitals(name.trim())],
  };
}

// One line of places.tsv over what the table says.
function amend(places, line) {
  const [code, area, from, to, names = ""] = line.split("\t");
  const old = places.get(code);
  const more = names.split("|").filter((name) => name !== "");
  const official = more[0]?.startsWith("=") ? [more.shift().slice(1)] : old?.names;
  if (official === undefined) throw new Error(`places.tsv: ${code} has no official name`);
  places.set(code, {
    code,
    area: area || (old?.area ?? ""),
    from: (from || (old?.from ?? "")).replace(kingdom, ""),
    to: to || (old?.to ?? ""),
    names: [...official, ...more],
  });
}

function check({ code, area, from, to, names }) {
  const iso = /^(\d{4}-\d{2}-\d{2})?$/;
  if (!/^[A-Z]\d{3}$/.test(code) || !/^([A-Z]{2})?$/.test(area) || !iso.test(from) || !iso.test(to)) {
    throw new Error(`place ${code}: ${area} ${from} ${to} is out of shape`);
  }
  // Letters of UTF-8 that somebody read as Latin-1.
  if (names.some((name) => name === "" || /[ÃĂÂ\t]/.test(name))) {
    throw new Error(`place ${code}: garbled name ${names.join("|")}`);
  }
}

export async function placesTable(additions) {
  const places = new Map((await belfiore.toArray()).map((entry) => [entry.belfioreCode, place(entry)]));
  for (const line of (await readFile(additions, "utf8")).split("\n")) {
    if (line !== "" && !line.startsWith("#")) amend(places, line);
  }
  const sorted = [...places.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  sorted.forEach(check);
  return sorted.map(({ code, area, from, to, names }) => `${[code, area, from, to, names.join("|")].join("\t")}\n`).join("");
}
