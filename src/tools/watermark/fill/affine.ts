/** Where a point of one picture lies in another one: x' = a·x + b·y + c, y' = d·x + e·y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

export const IDENTITY: Affine = [1, 0, 0, 0, 1, 0]

/** `first`, then `second`. */
export function then(first: Affine, second: Affine): Affine {
  const [a, b, c, d, e, f] = first
  const [A, B, C, D, E, F] = second
  return [A * a + B * d, A * b + B * e, A * c + B * f + C, D * a + E * d, D * b + E * e, D * c + E * f + F]
}

/** Undefined where it cannot be undone. */
export function inverse([a, b, c, d, e, f]: Affine): Affine | undefined {
  const determinant = a * e - b * d
  if (Math.abs(determinant) < 1e-6) return undefined
  return [e / determinant, -b / determinant, (b * f - c * e) / determinant, -d / determinant, a / determinant, (c * d - a * f) / determinant]
}
