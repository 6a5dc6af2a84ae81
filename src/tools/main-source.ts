/** As much of a JSON Schema as tells of sources. */
export interface SourceSchema {
  readonly type?: string
  readonly format?: string
  readonly items?: SourceSchema
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, SourceSchema>>
  readonly required?: readonly string[]
}

/** What a tool's job mainly reads. */
export interface MainSource {
  /** The field of the input that names it. */
  readonly field: string
  /** Several in their order, of which so many are needed at least; undefined where it is one. */
  readonly least?: number
  /** That part of the input. What an earlier input says of one of them beside its address it keeps. */
  put(sources: readonly string[], earlier?: Readonly<Record<string, unknown>>): Record<string, unknown>
  /** Those that an input names. */
  read(input: Readonly<Record<string, unknown>>): readonly string[]
}

/** Where a tool's input, by its JSON Schema, takes what people drop on it: a source, sources, or objects that have one each. */
export function mainSourceOf({ properties = {}, required = [] }: SourceSchema): MainSource | undefined {
  const field = ['source', 'input_url'].find((name) => name in properties)
    ?? Object.keys(properties).find((name) => required.includes(name) && isOfSources(properties[name]!))
  if (field === undefined) return undefined
  const { items, minItems = 1 } = properties[field]!
  const read = (input: Readonly<Record<string, unknown>>) => itemsIn(input[field]).map(sourceOf)
  if (!items) return { field, read, put: ([source]) => (source === undefined ? {} : { [field]: source }) }
  return {
    field, read, least: minItems,
    put(sources, earlier = {}) {
      if (isSource(items)) return { [field]: sources }
      const known = [...itemsIn(earlier[field])]
      // One that stands there twice says two things.
      return {
        [field]: sources.map((source) => {
          const at = known.findIndex((item) => sourceOf(item) === source)
          return at === -1 ? { source } : known.splice(at, 1)[0]
        }),
      }
    },
  }
}

type Item = string | { readonly source: string }

function sourceOf(item: Item): string {
  return typeof item === 'string' ? item : item.source
}

function itemsIn(value: unknown): readonly Item[] {
  return value === undefined ? [] : ([value].flat() as Item[])
}

/** A field that takes a source: an address, `upload:ID` or `job:ID/ARTIFACT`. */
export function isSource({ format }: SourceSchema): boolean {
  return format === 'source'
}

function isOfSources(schema: SourceSchema): boolean {
  return isSource(schema) || (schema.items !== undefined && (isSource(schema.items) || isSource(schema.items.properties?.['source'] ?? {})))
}
