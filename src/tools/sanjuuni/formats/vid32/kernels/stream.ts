/**
 * The stream of ../ans.ts, from its last byte to its first. Bytes are written eight at a time, so that some before its
 * first are scribbled on. A symbol takes up to eight bits.
 */
export function writeStream(
  values: usize, length: usize, lengths: usize, slots: usize, slotOffsets: usize, stateBits: u32, spareBits: u32, end: usize,
): void {
  let pending: u64 = 0
  let pendingBits = spareBits
  let place = end
  let state: u32 = 1 << stateBits
  for (let from = values + length; from > values; ) {
    // Four symbols take no more than 32 bits, and less than eight may wait.
    for (let stop = max(values, from - 4); from > stop; ) {
      const symbol = <usize>load<u8>(--from)
      const bits = <u32>load<u8>(lengths + symbol)
      pending |= <u64>(state & (1 << bits) - 1) << pendingBits
      pendingBits += bits
      state = <u32>load<u16>(slots + (<usize>(<i32>load<i16>(slotOffsets + (symbol << 1)) + <i32>(state >> bits)) << 1))
    }
    store<u64>(place - 8, bswap(pending))
    place -= <usize>(pendingBits >> 3)
    pending >>= <u64>(pendingBits & ~7)
    pendingBits &= 7
  }
  store<u64>(place - 8, bswap(pending | <u64>(state - (1 << stateBits)) << pendingBits))
}
