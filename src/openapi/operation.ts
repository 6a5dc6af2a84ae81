import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head'

/** What one route takes and answers, as the document tells it. */
export interface Operation {
  readonly method: Method
  /** As the router has it, with `:id` and the like. */
  readonly path: string
  /** Unique; camelCase. */
  readonly id: string
  readonly tag: TagName
  readonly summary: string
  readonly description?: string
  readonly params?: Readonly<Record<string, Param>>
  readonly query?: z.ZodObject
  readonly headers?: z.ZodObject
  readonly body?: Body
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>
  /** Which errors it has of its own, besides those that every route has. */
  readonly errors?: readonly ErrorCode[]
  /** How errors look. */
  readonly dialect?: z.ZodType
}

export interface Param {
  readonly description: string
  readonly example: string
}

export interface Body {
  readonly description?: string
  readonly isOptional?: boolean
  /** By content type. */
  readonly content: Readonly<Record<string, Content>>
}

export interface Content {
  readonly schema: z.ZodType
  /** By name. */
  readonly examples?: Readonly<Record<string, Example>>
}

export interface Example {
  readonly summary: string
  readonly value: unknown
}

export interface Answer {
  readonly description: string
  readonly content?: Readonly<Record<string, { readonly schema: z.ZodType; readonly example?: unknown }>>
  /** By name: what it tells. */
  readonly headers?: Readonly<Record<string, string>>
}

export const TAGS = {
  Jobs: 'Submit work, see how far it is, stop it, try it again',
  Following: 'Events of jobs as they happen: Server-Sent Events, WebSocket, long poll. `/asyncapi.json` describes the messages',
  Batches: 'Many jobs as one',
  Webhooks: 'Others are told what becomes of jobs, as Standard Webhooks has it',
  Results: 'Files that jobs have made',
  Frames: 'Pictures of a job, one by one, as packs and as a moving picture',
  Uploads: 'Files that jobs read from',
  Tools: 'What can be done, and with which settings',
  Hub: 'Whether the hub is well, and what it counts',
  ComputerCraft: 'For computers in the game',
  GMapiServer: 'The dialect of GMapiServer, for the programs that speak it',
  MoneyPrinterTurbo: 'The dialect of MoneyPrinterTurbo',
  SoraWatermarkCleaner: 'The dialect of SoraWatermarkCleaner',
  'Flask GIF': 'The dialect of Flask’s GIF servers',
} as const

export type TagName = keyof typeof TAGS

export function json(schema: z.ZodType, example?: unknown): NonNullable<Answer['content']> {
  return { 'application/json': { schema, ...(example !== undefined && { example }) } }
}
