import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { HubClient } from '../client/index.ts'
import { transferProgress } from './progress-bar.ts'
import type { ProgressView } from './progress-view.ts'
import { type Shell, UsageError } from './shell.ts'

/** Turns what `-i` names into sources: files and `-` (stdin) are sent to the hub, addresses are left to it. */
export async function uploadSources(
  hub: HubClient, inputs: readonly string[],
  { shell, view, signal }: { readonly shell: Shell; readonly view: ProgressView; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const sources: string[] = []
  const files = inputs.filter((input) => !SOURCE.test(input)).length
  let begun = 0
  for (const input of inputs) sources.push(SOURCE.test(input) ? input : await send(input))
  view.clear()
  return sources

  async function send(input: string): Promise<string> {
    const isStdin = input === '-'
    const size = isStdin ? undefined : await sizeOf(input)
    const began = performance.now()
    begun++
    const body = isStdin ? stream(shell.stdin) : () => stream(createReadStream(input))
    const { source } = await hub.upload(isStdin ? 'stdin' : basename(input), body, {
      ...(size !== undefined && { size }), signal,
      onProgress: (bytes) => {
        const { facts, ...progress } = transferProgress('upload', { bytes, totalBytes: size, began, now: performance.now() })
        view.show({ ...progress, facts: files > 1 ? [`file ${begun} of ${files}`, ...facts] : facts })
      },
    })
    return source
  }
}

/** Throws UsageError for a file that is not there, before anything is sent. */
export async function checkInputs(inputs: readonly string[]): Promise<void> {
  for (const input of inputs) if (input !== '-' && !SOURCE.test(input)) await sizeOf(input)
  if (inputs.filter((input) => input === '-').length > 1) throw new UsageError('only one input can be stdin')
}

const SOURCE = /^(https?:\/\/|upload:|job:)/i

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: unknown) => {
    throw new UsageError(`there is no file "${file}"`, { cause: error })
  })
  if (!found.isFile()) throw new UsageError(`"${file}" is no file`)
  return found.size
}

function stream(readable: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(readable) as ReadableStream<Uint8Array>
}
