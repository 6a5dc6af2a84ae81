import { closeSync, openSync } from 'node:fs'
import { CommandNotStartedError } from './command-errors.ts'
import { isFileError } from './file-error.ts'

/** Three pipes, each with two ends, and two that the start itself takes; some are left for what happens meanwhile. */
const FOR_A_CHILD = 12

/**
 * Throws CommandNotStartedError where the program could not be started for want of descriptors. Node then tells that to a listener which
 * execa has not come to add yet, and an error that nobody listens to ends the process.
 */
export function assertDescriptorsForChild(program: string): void {
  const taken: number[] = []
  try {
    while (taken.length < FOR_A_CHILD) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    throw new CommandNotStartedError(program, isFileError(error, 'ENFILE') ? 'ENFILE' : 'EMFILE', { cause: error })
  } finally {
    for (const descriptor of taken) closeSync(descriptor)
  }
}
