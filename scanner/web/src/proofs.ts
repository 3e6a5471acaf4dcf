// What a native detector must read before it is believed: two small QR codes and an empty sheet, drawn here.

export interface Proof {
  readonly text: string;
  /** Version 1, error correction L: 21 rows of 21 modules, a set bit is dark. */
  readonly rows: readonly number[];
}

const QUIET = 4;
const MODULE_PX = 8;
const MODULES = 21;

export const PROOFS: readonly Proof[] = [
  {
    text: "SUYUAN-PROOF-1",
    rows: [
      0x1fd97f, 0x104941, 0x17555d, 0x17525d, 0x175c5d, 0x104041, 0x1fd57f, 0x000c00, 0x1e549d, 0x019569, 0x0dfd58,
      0x0ca162, 0x096ac8, 0x0010ab, 0x1fcca0, 0x104bef, 0x1746e7, 0x1754ea, 0x175600, 0x105f50, 0x1fdf8e,
    ],
  },
  {
    text: "SUYUAN-PROOF-2",
    rows: [
      0x1fd97f, 0x104941, 0x17555d, 0x17525d, 0x175c5d, 0x104041, 0x1fd57f, 0x000c00, 0x1e549d, 0x0b0d69, 0x0fd158,
      0x0f3d62, 0x187ac8, 0x0018ab, 0x1fc8a0, 0x104fef, 0x1746e7, 0x17586a, 0x175e00, 0x105750, 0x1fdf8e,
    ],
  },
  { text: "", rows: [] },
];

/** The code as a picture, with its quiet zone. */
export function drawProof(proof: Proof): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = (MODULES + 2 * QUIET) * MODULE_PX;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("no canvas to draw on");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  proof.rows.forEach((row, y) => {
    for (let x = 0; x < MODULES; x += 1) {
      if ((row >> (MODULES - 1 - x)) & 1) {
        context.fillRect((x + QUIET) * MODULE_PX, (y + QUIET) * MODULE_PX, MODULE_PX, MODULE_PX);
      }
    }
  });
  return canvas;
}
