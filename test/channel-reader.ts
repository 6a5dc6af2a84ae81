import { type Agent, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import WebSocket from 'ws'
import { SseParser } from '../src/client/sse-parser.ts'
import type { JobEvent } from '../src/jobs/job.ts'

export interface Reading {
  /** HTTP status, or close code. */
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly events: readonly JobEvent[]
  /** The other side ended it, not the reader. */
  readonly hasEnded: boolean
}

export interface ReadOptions {
  readonly headers?: Record<string, string>
  readonly agent?: Agent
  /** Breaks off when it says so, asked at each event. */
  readonly until?: (event: JobEvent, count: number) => boolean
  /** Breaks off after so many bytes, wherever that is. */
  readonly bytes?: number
}

/** Reads SSE until the server ends it, or the reader breaks off. */
export function readSse(url: string, { headers = {}, agent, until, bytes = Number.POSITIVE_INFINITY }: ReadOptions = {}): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const options = { headers: { accept: 'text/event-stream', ...headers }, ...(agent && { agent }) }
    const request = get(url, options, (response: IncomingMessage) => {
      const parser = new SseParser()
      const events: JobEvent[] = []
      let left = bytes
      const finish = (hasEnded: boolean) => {
        resolve({ code: response.statusCode ?? 0, headers: response.headers, events, hasEnded })
        if (!hasEnded) request.destroy()
      }
      response.on('data', (chunk: Buffer) => {
        const taken = chunk.subarray(0, Math.min(chunk.length, left))
        left -= chunk.length
        for (const item of parser.push(taken)) {
          if (item.type !== 'event') continue
          const offset = item.id === undefined ? {} : { offset: item.id }
          const event = { ...offset, type: item.name, data: JSON.parse(item.data) as unknown } as JobEvent
          events.push(event)
          if (until?.(event, events.length)) return finish(false)
        }
        if (left <= 0) finish(false)
      })
      response.on('end', () => finish(true))
      response.on('error', () => finish(false))
    })
    request.on('error', reject)
  })
}

/** Reads a WebSocket until the server closes it, or the reader breaks off (code 0). `onOpen` may send. */
export function readWebSocket(
  url: string,
  { headers = {}, until, onOpen }: Pick<ReadOptions, 'headers' | 'until'> & { readonly onOpen?: (socket: WebSocket) => void } = {},
): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers })
    const events: JobEvent[] = []
    socket.on('open', () => onOpen?.(socket))
    socket.on('message', (bytes) => {
      if (socket.readyState !== socket.OPEN) return
      const event = JSON.parse(String(bytes)) as JobEvent
      events.push(event)
      if (until?.(event, events.length)) {
        resolve({ code: 0, headers: {}, events, hasEnded: false })
        socket.terminate()
      }
    })
    socket.on('close', (code) => resolve({ code, headers: {}, events, hasEnded: true }))
    socket.on('error', reject)
  })
}

export interface JsonPage {
  readonly events: readonly JobEvent[]
  readonly offset: string
  readonly more: boolean
  readonly closed: boolean
  readonly reset: boolean
}

/** Asks page after page until one is the last. */
export async function readPages(url: string, query: Record<string, string> = {}): Promise<readonly JobEvent[]> {
  const events: JobEvent[] = []
  for (let after = 'start'; ; ) {
    const response = await fetch(`${url}?${String(new URLSearchParams({ after, ...query }))}`)
    const page = (await response.json()) as JsonPage
    events.push(...page.events)
    if (page.closed || (!page.more && query['wait'] === undefined)) return events
    after = page.offset
  }
}

/** What is in the log, as every transport has to tell it. */
export function logged(events: readonly JobEvent[]): { offset: string | undefined; type: string; data: unknown }[] {
  return events.flatMap(({ offset, type, data }) => (offset === undefined ? [] : [{ offset, type, data }]))
}
