// A workbook (xlsx) of one sheet, made without a library: a zip of five small files, not compressed, texts in the cells.
const ROOT = "http://schemas.openxmlformats.org";
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

// workbook is rows of texts and numbers as the bytes of a file.
export function workbook(rows) {
  return zip({
    "[Content_Types].xml": `${HEAD}<Types xmlns="${ROOT}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
    "_rels/.rels": relation("officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": `${HEAD}<workbook xmlns="${ROOT}/spreadsheetml/2006/main" xmlns:r="${ROOT}/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relation("worksheet", "worksheets/sheet1.xml"),
    "xl/worksheets/sheet1.xml": `${HEAD}<worksheet xmlns="${ROOT}/spreadsheetml/2006/main"><sheetData>${rows.map(row).join("")}</sheetData></worksheet>`,
  });
}

const relation = (kind, target) =>
  `${HEAD}<Relationships xmlns="${ROOT}/package/2006/relationships"><Relationship Id="rId1" Type="${ROOT}/officeDocument/2006/relationships/${kind}" Target="${target}"/></Relationships>`;

function row(cells, n) {
  const one = (value, k) => {
    const at = `${String.fromCharCode(65 + k)}${n + 1}`;
    if (typeof value === "number") return `<c r="${at}"><v>${value}</v></c>`;
    const text = String(value).replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    return `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;
  };
  return `<row r="${n + 1}">${cells.map(one).join("")}</row>`;
}

function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [path, body] = [Buffer.from(name), Buffer.from(text)];
    const facts = Buffer.alloc(26); // version, flags, method and time are 0: stored
    facts.writeUInt16LE(20, 0);
    facts.writeUInt32LE(crc32(body), 10);
    facts.writeUInt32LE(body.length, 14);
    facts.writeUInt32LE(body.length, 18);
    facts.writeUInt16LE(path.length, 22);
    const local = [Buffer.from("PK\x03\x04", "latin1"), facts, path, body];
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), facts, rest, path);
    parts.push(...local);
    offset += Buffer.concat(local).length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(parts.length / 4, 8);
  end.writeUInt16LE(parts.length / 4, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
