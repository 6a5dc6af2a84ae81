/** All of a picture's green, then its blue and its red, to three bytes a pixel: red, green and blue. */
export function interleave(planes: usize, rgb: usize, count: i32): void {
  const greens = planes
  const blues = planes + <usize>count
  const reds = blues + <usize>count
  const most = count & ~15
  let to = rgb
  for (let at: usize = 0; at < <usize>most; at += 16, to += 48) {
    const green = v128.load(greens + at)
    const blue = v128.load(blues + at)
    const red = v128.load(reds + at)
    // Where blue goes stands anything.
    const one = v128.shuffle<u8>(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5)
    const two = v128.shuffle<u8>(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26)
    const three = v128.shuffle<u8>(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0)
    v128.store(to, v128.shuffle<u8>(one, blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15))
    v128.store(to, v128.shuffle<u8>(two, blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16)
    v128.store(to, v128.shuffle<u8>(three, blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32)
  }
  for (let at = <usize>most; at < <usize>count; at++, to += 3) {
    store<u8>(to, load<u8>(reds + at))
    store<u8>(to, load<u8>(greens + at), 1)
    store<u8>(to, load<u8>(blues + at), 2)
  }
}
