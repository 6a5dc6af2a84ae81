/** The 16 colours of a ComputerCraft screen that nobody has changed. */
export const COMPUTERCRAFT_PALETTE = Uint8Array.from(
  Buffer.from('f0f0f0f2b233e57fd899b2f2dede6c7fcc19f2b2cc4c4c4c9999994c99b2b266e53366cc7f664c57a64ecc4c4c111111', 'hex'),
)
