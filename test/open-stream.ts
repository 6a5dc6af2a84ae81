import { MemoryLogStorage } from '../src/streams/log-storage.memory.ts'
import type { StreamStorage } from '../src/streams/log-storage.ts'
import { Stream } from '../src/streams/stream.ts'
import { ListingFold } from './listing-fold.ts'
import { UnwillingStorage } from './unwilling-storage.ts'

/** A stream in memory and the storage below it, which can be made to refuse and to wait. */
export async function openMemoryStream(
  options: { readonly keepBytes?: number } = {},
): Promise<{ stream: Stream<ListingFold>; storage: UnwillingStorage }> {
  const storage = new UnwillingStorage((await new MemoryLogStorage(options).open('s', { create: true })) as StreamStorage)
  return { storage, stream: await Stream.open('s', { storage, fold: new ListingFold() }) }
}
