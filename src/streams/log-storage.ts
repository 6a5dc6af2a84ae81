/** Where the bytes of streams lie. The log above it decides what they mean; this only keeps and returns them. */
export interface LogStorage {
  /** Creates the stream where it is missing, unless `create` is false: then undefined. */
  open(stream: string, options: { readonly create: boolean }): Promise<StreamStorage | undefined>
  /** Forgets the stream and its bytes. Removing what is not there changes nothing. */
  remove(stream: string): Promise<void>
}

export interface StreamStorage {
  /** The first byte that can still be read; what is before it is gone. */
  readonly start: number
  /** The byte behind the last one. */
  readonly size: number
  /** Adds at the end, whole or not at all; rejects with what the system said (ENOSPC and the like). */
  append(bytes: Buffer, options: { readonly durable: boolean }): Promise<void>
  /** The bytes `[from, from + length)`, fewer only where the stream ends, and none where `from` is gone. */
  read(from: number, length: number): Promise<Buffer>
  /** Drops everything from `size` on. */
  truncate(size: number): Promise<void>
  close(): Promise<void>
}
