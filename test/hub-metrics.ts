import type { HubApi } from './hub-api.ts'

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/

/** Every sample that a hub tells, by its name and labels as they stand. Throws for a line that Prometheus would not take. */
export async function readMetrics({ url }: HubApi): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`)
  const lines = (await response.text()).split('\n').filter((line) => line !== '')
  const typed = new Set(lines.flatMap((line) => /^# TYPE (\S+) (?:counter|gauge|histogram|summary)$/.exec(line)?.[1] ?? []))
  return new Map(lines.filter((line) => !line.startsWith('#')).map((line) => {
    const [, name = '', , value] = SAMPLE.exec(line) ?? []
    const isTyped = typed.has(name) || typed.has(name.replace(/_(?:bucket|sum|count)$/, ''))
    if (!isTyped || Number.isNaN(Number(value?.replace('+Inf', 'Infinity')))) throw new Error(`no sample: ${line}`)
    return [line.slice(0, line.lastIndexOf(' ')), Number(value)]
  }))
}
