import { Ajv2020, type ValidateFunction } from '@redocly/ajv/dist/2020.js'
import { openApiDocument, templateOf } from '../src/openapi/document.ts'

type Schema = Record<string, unknown>

interface DocumentedAnswer {
  readonly content?: Record<string, { readonly schema: Schema }>
}

interface DocumentedOperation {
  readonly operationId: string
  readonly responses: Record<string, DocumentedAnswer>
}

/** Compares what a hub answers with what its document says. */
export class Documented {
  readonly document = openApiDocument() as { paths: Record<string, Record<string, DocumentedOperation>>; components: { schemas: Record<string, Schema> } }
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false })
  readonly #compiled = new Map<Schema, ValidateFunction>()
  readonly #paths = Object.keys(this.document.paths).map((path) => ({ path, pattern: patternOf(path) }))

  constructor() {
    this.#ajv.addSchema({ $id: 'hub', components: this.document.components })
  }

  /** What is wrong with an answer; undefined where it is as documented. */
  complaintAbout({ method, path, status, contentType, body }: { method: string; path: string; status: number; contentType: string; body: () => unknown }): string | undefined {
    const named = `${method} ${path} ${status}`
    const operation = this.#find(path)?.[method.toLowerCase()]
    if (!operation) return `${named}: there is no such route in the document`
    const answer = operation.responses[String(status)]
    if (!answer) return `${named}: ${operation.operationId} does not tell of that status`
    const type = contentType.split(';', 1)[0]!.trim()
    const content = answer.content?.[type]
    if (!content) return `${named}: ${operation.operationId} does not tell of ${type}`
    const validate = this.#validator(content.schema)
    if (validate(body())) return undefined
    return `${named}: ${operation.operationId}: ${this.#ajv.errorsText(validate.errors)}`
  }

  /** The paths with fewest parameters first: `/api/jobs/events` is no job. */
  #find(path: string): Record<string, DocumentedOperation> | undefined {
    const found = this.#paths.filter(({ pattern }) => pattern.test(path)).sort((a, b) => countParams(a.path) - countParams(b.path))[0]
    return found && this.document.paths[found.path]
  }

  #validator(schema: Schema): ValidateFunction {
    const known = this.#compiled.get(schema)
    if (known) return known
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"hub#/components/')
    const compiled = this.#ajv.compile(JSON.parse(text) as Schema)
    this.#compiled.set(schema, compiled)
    return compiled
  }
}

function countParams(path: string): number {
  return path.split('{').length
}

/** Of a template's path. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')).join('[^/]+')}/?$`)
}

/** A route as the router has it, with the names of its parameters left out. */
export function shapeOf(path: string): string {
  return templateOf(path).replace(/\{\w+\}/g, '{}')
}
