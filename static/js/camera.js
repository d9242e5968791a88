// Reads QR codes from the camera: by the browser's own detector where there is one, else by a reader in plain JavaScript.
import "./core.js";

const BETWEEN = 150; // ms between two looks
const WIDE = 800; // pixels are enough for a code that fills half of the picture

// openCamera shows the camera in video and calls found with the first code it reads. It resolves with what stops it.
export async function openCamera(video, found) {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error("no camera");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  let timer;
  const stop = () => {
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  try {
    video.srcObject = stream;
    await video.play();
    const read = await reader();
    const look = async () => {
      const text = await read(video).catch(() => undefined);
      if (text) found(text);
      else if (video.srcObject) timer = setTimeout(look, BETWEEN);
    };
    look();
    return stop;
  } catch (error) {
    stop();
    throw error;
  }
}

async function reader() {
  const { BarcodeDetector } = globalThis;
  const known = await BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (known?.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue;
  }
  const { decodeQR } = await import("./decode.js");
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDE / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    return decodeQR(pen.getImageData(0, 0, canvas.width, canvas.height));
  };
}
