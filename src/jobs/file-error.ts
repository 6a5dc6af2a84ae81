/** Whether an error is one of the system's, with one of these codes, for example `ENOENT`. */
export function isFileError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}

/** What was found, or undefined if there is no such file. Files come and go while others look. */
export async function ifPresent<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return undefined
    throw error
  }
}
