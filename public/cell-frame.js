/** A frame of cells, as docs/protocol.md describes it: the monitors of a wall, row by row, without a copy. Throws a RangeError for what is none. */
export function readCells(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [across, down] = [view.getUint8(0), view.getUint8(1)]
  const monitors = []
  let at = 2
  for (let monitor = 0; monitor < across * down; monitor++) {
    const [columns, rows] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    const cells = columns * rows
    const take = (length) => {
      const part = bytes.subarray(at, at + length)
      if (part.length < length) throw new RangeError('the frame is cut short')
      at += length
      return part
    }
    at += 4
    monitors.push({ columns, rows, characters: take(cells), colors: take(cells), palette: take(48) })
  }
  return { across, down, monitors }
}
