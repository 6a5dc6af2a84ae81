import { open } from 'node:fs/promises'
import { HubError } from '../errors.ts'

/** Nobody writes more than this by hand. */
const MOST_BYTES = 8 * 1024 * 1024

/** A staged file that a person may have written, such as subtitles. Throws a HubError where it is larger than that. */
export async function readWritten(file: string): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    if (size <= MOST_BYTES) return await handle.readFile()
    throw new HubError('invalid_input', `A text of ${size} bytes is more than the ${MOST_BYTES} that are read`, { hint: 'Check that it is the text that was meant' })
  } finally {
    await handle.close()
  }
}
