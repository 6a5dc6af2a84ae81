/** What a decoder of DFPWM1a that has heard nothing before makes of it: samples from -128 to 127. */
export function decodeDfpwm(bytes: Uint8Array): number[] {
  let [charge, strength, wasUp, lastCharge, smooth] = [0, 0, false, 0, 0]
  return [...bytes].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => {
    const isUp = ((byte >> bit) & 1) === 1
    const target = isUp ? 127 : -128
    let next = charge + Math.floor((strength * (target - charge) + 512) / 1024)
    if (next === charge && next !== target) next += isUp ? 1 : -1
    const goal = isUp === wasUp ? 1023 : 0
    if (strength !== goal) strength += isUp === wasUp ? 1 : -1
    strength = Math.max(8, strength)
    // Where the direction changes the mean, and then a low pass.
    const heard = isUp === wasUp ? next : Math.floor((next + lastCharge + 1) / 2)
    ;[charge, wasUp, lastCharge] = [next, isUp, next]
    smooth += Math.floor(((heard - smooth) * 140 + 128) / 256)
    return smooth
  }))
}
