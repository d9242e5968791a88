// The reader of codes for browsers that have none of their own; a chunk to itself, for it is large.
import decode from "qr/decode.js";

// decodeQR throws when there is no code in the picture.
export const decodeQR = ({ width, height, data }) => decode({ width, height, data });
