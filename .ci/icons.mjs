// Draws the PNG icons from static/img/icon.svg with the same Chromium that runs the browser tests.
// The results are committed; run `make icons` after changing the drawing.
import { readFile, writeFile } from "node:fs/promises";
import { chromium } from "playwright-core";

const dir = new URL("../static/img/", import.meta.url);
const svg = await readFile(new URL("icon.svg", dir), "utf8");
const mark = svg.match(/<g id="mark">.*<\/g>/s)[0];
const ground = svg.match(/fill="(#[0-9a-f]+)"/)[1];

const drawing = (body) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">${body}</svg>`;
const scaled = (by, body) => `<g transform="translate(256 256) scale(${by}) translate(-256 -256)">${body}</g>`;
const full = `<rect width="512" height="512" fill="${ground}"/>`;

// Launchers cut a maskable icon to any shape: only the middle 80 % is safe. iOS rounds the corners itself.
// Android shows a badge as a one-colour silhouette, so the tick must be a hole in the table.
const silhouette = `<mask id="hole"><rect width="512" height="512" fill="#fff"/>${svg.match(/<path id="tick".*?\/>/s)[0].replace(ground, "#000")}</mask>
  <g mask="url(#hole)">${mark.replace(/<path id="tick".*?\/>/s, "").replace(/fill="#[0-9a-f]+"/g, 'fill="#fff"')}</g>`;

const icons = {
  "icon-192.png": [192, svg],
  "icon-512.png": [512, svg],
  "maskable-512.png": [512, drawing(full + scaled(0.86, mark))],
  "apple-180.png": [180, drawing(full + scaled(1, mark))],
  "badge-96.png": [96, drawing(scaled(1.2, silhouette))],
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
});
const page = await browser.newPage();
for (const [name, [size, body]] of Object.entries(icons)) {
  const png = await page.evaluate(
    async ([size, body]) => {
      const img = new Image();
      img.src = `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(body)))}`;
      await img.decode();
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = size;
      canvas.getContext("2d").drawImage(img, 0, 0, size, size);
      return canvas.toDataURL("image/png").split(",")[1];
    },
    [size, body],
  );
  await writeFile(new URL(name, dir), Buffer.from(png, "base64"));
  console.log(name, size);
}
await browser.close();
