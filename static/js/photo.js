// Photos of how an item was done: one tap opens the camera, the picture is made small here, which leaves everything
// behind that the camera wrote into the file, and travels as an act of its own. A tick that needs it follows in the
// same lane.
import { mark } from "./rows.js";
import { toast } from "./toast.js";
import { t, uuid } from "./words.js";

const EDGE = 1600;

let input; // stays in the page until the next one: a picker whose input is gone forgets its answer

// shoot asks for a photo and performs its upload; way: "tick" goes on with the act itself, "camera" and "gallery" not.
export function shoot(act, way, perform) {
  const taken = async (file) => {
    mark(act, 1);
    try {
      const photo = await shrink(file);
      perform({ ...act, method: "PUT", url: act.url.replace(/[^/]+$/, `photos/${uuid()}`), photo });
      if (way === "tick") perform(act);
    } catch {
      again("photo_unreadable", true);
    } finally {
      mark(act, -1);
    }
  };
  // Nothing was done yet, so nothing is lost: another picture may be chosen at once.
  const again = (why, alert) =>
    toast(t(why), {
      alert,
      key: "photo",
      life: 15000,
      label: t("photo_choose"),
      action: () => pick(false, taken, again),
    });
  pick(way !== "gallery", taken, again);
}

// pick opens the camera or the gallery. A camera that may not be used looks like one that was closed again.
function pick(camera, taken, again) {
  input?.remove();
  input = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", hidden: true });
  if (camera) input.setAttribute("capture", "environment");
  input.addEventListener("change", () => input.files[0] && taken(input.files[0]));
  input.addEventListener("cancel", () => camera && again("photo_none"));
  document.body.append(input);
  input.click();
}

// shrink draws the picture upright (browsers obey the camera's mark when they draw), at most EDGE long.
async function shrink(file) {
  const img = new Image();
  img.src = URL.createObjectURL(file);
  try {
    await img.decode();
    const { naturalWidth: w, naturalHeight: h } = img;
    const scale = Math.min(1, EDGE / Math.max(w, h));
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: Math.max(1, Math.round(w * scale)), height: Math.max(1, Math.round(h * scale)) });
    const pen = canvas.getContext("2d");
    Object.assign(pen, { imageSmoothingQuality: "high", fillStyle: "#fff" });
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(img, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    return small ?? Promise.reject(new Error("no picture"));
  } finally {
    URL.revokeObjectURL(img.src);
  }
}
