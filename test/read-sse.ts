export interface SseEvent {
  readonly id?: string | undefined
  readonly type: string
  readonly data: Record<string, unknown>
}

/** Reads an event stream to its end, or breaks off after so many events. A connection that the server loses ends it too. */
export async function readSse(
  url: string,
  { lastEventId, stopAfter = Number.POSITIVE_INFINITY }: { lastEventId?: string; stopAfter?: number } = {},
): Promise<{ events: SseEvent[]; isWhole: boolean }> {
  const leave = new AbortController()
  const events: SseEvent[] = []
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) }, signal: leave.signal,
    })
    let rest = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      rest += chunk
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        events.push(...parseSse(rest.slice(0, end)))
        rest = rest.slice(end + 2)
        if (events.length >= stopAfter) {
          leave.abort()
          return { events, isWhole: false }
        }
      }
    }
    return { events, isWhole: true }
  } catch {
    return { events, isWhole: false }
  }
}

export function parseSse(text: string): SseEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
    const [type, data] = [field('event'), field('data')]
    return type === undefined || data === undefined ? [] : [{ id: field('id'), type, data: JSON.parse(data) as Record<string, unknown> }]
  })
}
