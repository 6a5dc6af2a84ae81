/** What tells one sample of a metric from another. Only what has few values, all known beforehand. */
export type Labels = Readonly<Record<string, string>>

export interface Sample {
  /** Behind the metric's name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string
  readonly labels?: Labels
  readonly value: number
}

type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary'

interface Metric {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly read: () => readonly Sample[] | Promise<readonly Sample[]>
}

export interface Counter {
  add(labels?: Labels, by?: number): void
}

export interface Histogram {
  observe(value: number, labels?: Labels): void
}

/** Metrics, written out in the order in which they were added, in Prometheus' text format 0.0.4. */
export class Registry {
  readonly #metrics: Metric[] = []

  /** Asked when somebody reads. */
  add(metric: Metric): void {
    this.#metrics.push(metric)
  }

  counter(name: string, help: string): Counter {
    const values = new Map<string, { readonly labels: Labels; value: number }>()
    this.add({ name, type: 'counter', help, read: () => [...values.values()] })
    return {
      add(labels = {}, by = 1) {
        entry(values, labels, () => ({ labels, value: 0 })).value += by
      },
    }
  }

  /** `bounds` from the least to the greatest; all that is above the last is counted too. */
  histogram(name: string, { help, bounds }: { readonly help: string; readonly bounds: readonly number[] }): Histogram {
    const values = new Map<string, Distribution>()
    this.add({ name, type: 'histogram', help, read: () => [...values.values()].flatMap((distribution) => samplesOf(distribution, bounds)) })
    return {
      observe(value, labels = {}) {
        const distribution = entry(values, labels, () => ({ labels, counts: bounds.map(() => 0), sum: 0, count: 0 }))
        const bucket = bounds.findIndex((bound) => value <= bound)
        if (bucket >= 0) distribution.counts[bucket]!++
        distribution.sum += value
        distribution.count++
      },
    }
  }

  async render(): Promise<string> {
    const parts = await Promise.all(this.#metrics.map(async ({ name, type, help, read }) => {
      // What cannot be read just now is missing, and the others are told.
      const samples = await Promise.resolve().then(read).catch(() => [])
      const lines = samples.map(({ suffix = '', labels = {}, value }) => `${name}${suffix}${formatLabels(labels)} ${formatValue(value)}\n`)
      return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`
    }))
    return parts.join('')
  }
}

interface Distribution {
  readonly labels: Labels
  /** How many fell into each bucket alone. */
  readonly counts: number[]
  sum: number
  count: number
}

function samplesOf({ labels, counts, sum, count }: Distribution, bounds: readonly number[]): Sample[] {
  let below = 0
  const buckets = bounds.map((bound, index) => ({ suffix: '_bucket', labels: { ...labels, le: formatValue(bound) }, value: (below += counts[index]!) }))
  return [
    ...buckets,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: count },
  ]
}

function entry<Value>(values: Map<string, Value>, labels: Labels, create: () => Value): Value {
  const key = formatLabels(labels)
  const known = values.get(key)
  if (known) return known
  const created = create()
  values.set(key, created)
  return created
}

function formatLabels(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
