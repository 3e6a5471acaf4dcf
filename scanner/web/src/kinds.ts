// The kinds of code found on goods in China: the same as the server reads in a photo (`scanner/_reader.py`).
// A native detector knows them by other names than the module does.

export const KINDS = [
  { native: "qr_code", module: "QRCode" },
  { native: "", module: "MicroQRCode" },
  { native: "data_matrix", module: "DataMatrix" },
  { native: "ean_13", module: "EAN13" },
  { native: "ean_8", module: "EAN8" },
  { native: "code_128", module: "Code128" },
] as const;

/** Without these a native detector is of no use here. */
export const NATIVE_LEAST: readonly string[] = ["qr_code", "data_matrix", "ean_13", "code_128"];
