/**
 * Solves a symmetric system of equations by Cholesky's decomposition. `matrix` is row by row, of which the lower half is
 * read. Undefined where it has no single solution.
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  const size = right.length
  const lower = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column]!
      for (let k = 0; k < column; k++) sum -= lower[row * size + k]! * lower[column * size + k]!
      if (row !== column) lower[row * size + column] = sum / lower[column * size + column]!
      else if (sum <= 1e-9) return undefined
      else lower[row * size + row] = Math.sqrt(sum)
    }
  }
  const solution = new Float64Array(size)
  for (let row = 0; row < size; row++) {
    let sum = right[row]!
    for (let k = 0; k < row; k++) sum -= lower[row * size + k]! * solution[k]!
    solution[row] = sum / lower[row * size + row]!
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = solution[row]!
    for (let k = row + 1; k < size; k++) sum -= lower[k * size + row]! * solution[k]!
    solution[row] = sum / lower[row * size + row]!
  }
  return solution
}
