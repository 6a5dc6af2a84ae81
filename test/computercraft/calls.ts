import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { HttpCall } from './network.ts'
import type { PictureCall } from './picture.ts'

export type Lua = ChildProcessByStdio<Writable, Readable, null>

/** What the Lua side asks for. */
export type Call =
  | { readonly op: 'boot' | 'epoch' | 'clear' | 'sync' }
  | { readonly op: 'decode'; readonly body: Buffer }
  | { readonly op: 'next'; readonly heapKilobytes: number }
  | { readonly op: 'exit'; readonly ok: boolean; readonly problem: string }
  | { readonly op: 'timer'; readonly seconds: number }
  | { readonly op: 'cancel' | 'close' | 'free' | 'draw'; readonly id: number }
  | { readonly op: 'send'; readonly id: number; readonly body: Buffer }
  | { readonly op: 'queue'; readonly name: string; readonly device?: string }
  | { readonly op: 'silence'; readonly name: string }
  | { readonly op: 'save'; readonly settings: Readonly<Record<string, unknown>> }
  | ({ readonly op: 'picture' } & PictureCall)
  | { readonly op: 'play'; readonly name: string; readonly decoder: number; readonly volume: number; readonly body: Buffer }
  | ({ readonly op: 'http' } & HttpCall)
  | { readonly op: 'open'; readonly url: string }
  | { readonly op: 'write'; readonly row: number; readonly text: string }
  | { readonly op: 'print'; readonly text: string }

/** A line of JSON, then as many bytes as it says. */
export async function* readCalls(from: Readable): AsyncGenerator<Call> {
  let buffered: Buffer = Buffer.alloc(0)
  for await (const chunk of from as AsyncIterable<Buffer>) {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
    for (let end = buffered.indexOf('\n'); end >= 0; end = buffered.indexOf('\n')) {
      const head = JSON.parse(buffered.toString('utf8', 0, end)) as Call & { bytes: number }
      if (buffered.length < end + 1 + head.bytes) break
      const body = Buffer.from(buffered.subarray(end + 1, end + 1 + head.bytes))
      buffered = buffered.subarray(end + 1 + head.bytes)
      yield { ...head, body } as Call
    }
  }
}

export function send({ stdin }: Lua, answer: object): void {
  const { body = Buffer.alloc(0), ...head } = answer as { readonly body?: Buffer }
  stdin.write(`${JSON.stringify({ ...head, bytes: body.length })}\n`)
  if (body.length > 0) stdin.write(body)
}
