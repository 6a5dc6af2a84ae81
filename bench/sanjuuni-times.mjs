import { openAsBlob } from 'node:fs'
import { join } from 'node:path'
import { HubClient } from '../dist/client/index.js'
import { startHub } from './hub.mjs'
import { endProcess } from './processes.mjs'
import { read32vid } from './sanjuuni-file.mjs'
import { convertByReference, convertReadyFrames, decodeClip } from './sanjuuni-per-frame.mjs'
import { busySeconds, jobInput, planConversion, readOutput, runReference } from './sanjuuni-programs.mjs'
import { serveFile } from './served-file.mjs'
import { printTable, short, whole } from './table.mjs'

const ARGS = ['-3']
const NAMES = ['reference', 'job', 'fetched', 'alone']

/**
 * The default's whole conversion, in turns: by the reference, which finds the clip on the disk; as a job, which finds it
 * among the uploads, and as one that fetches it first; and by the program alone. Of what is long the whole alone.
 */
export async function compareTimes({ clips, long }, setting) {
  const hub = await startHub({ dataDirectory: join(setting.directory, 'data'), flags: ['--fetch-allow', '127.0.0.1'] })
  // A hub works for days: its first job is not what people wait for.
  await runFetchingJob(hub, 'first.mp4', clips[0])
  const measured = []
  for (const clip of clips) measured.push({ clip, turns: await takeTurns(clip, hub, setting), ...(await measureFrame(clip, setting)) })
  const longTurns = []
  for (const clip of long) longTurns.push({ clip, turns: await takeTurns(clip, hub, setting) })
  await endProcess(hub.child)
  printTimes(measured)
  if (long.length > 0) printTimes(longTurns)
  console.log('\nthe goals: as a job five times as fast on gradients, three times on mandelbrot')
  printFrames(measured)
}

async function takeTurns(clip, hub, { engine, reference, directory, rounds }) {
  const upload = await new HubClient({ url: hub.url }).upload(`${clip.name}.mp4`, await openAsBlob(clip.file))
  const output = join(directory, 'turn.32v')
  const alone = join(directory, 'alone')
  const turns = []
  for (let round = 1; round <= rounds; round++) {
    turns.push({
      reference: reference && (await withFrames(runReference(reference, { clip: clip.file, args: ARGS, output }))),
      job: await runJob(hub, upload.source),
      fetched: await runFetchingJob(hub, `${clip.name}-${round}.mp4`, clip),
      alone: await withFrames((await planConversion(engine, { clip: clip.file, args: ARGS, directory: alone })).convert()),
    })
  }
  return turns
}

async function runFetchingJob(hub, name, { file }) {
  const media = await serveFile(file)
  try {
    return await runJob(hub, `http://${media.address}/${name}`)
  } finally {
    media.close()
  }
}

/** From the request to the `end` on the job's channel. */
async function runJob(hub, source) {
  const busyBefore = busySeconds()
  const startedAt = performance.now()
  const handle = await new HubClient({ url: hub.url }).submit('sanjuuni', jobInput({ source, args: ARGS }))
  const { status, error } = await handle.done()
  const seconds = (performance.now() - startedAt) / 1000
  if (status !== 'completed') throw new Error(`the job ${status}: ${error?.message}`)
  const cpuSeconds = busySeconds() - busyBefore
  const bytes = Buffer.from(await (await handle.download()).arrayBuffer())
  return { seconds, cpuSeconds, bytes: bytes.length, frames: read32vid(bytes).chunks.length }
}

async function withFrames(running) {
  const run = await running
  return { ...run, frames: read32vid(await readOutput(run)).chunks.length }
}

/** Processor time of one frame: the program's and the reference's, and ffmpeg's part. */
async function measureFrame(clip, { engine, reference, directory }) {
  const options = { engine, args: ARGS, directory }
  const output = join(directory, 'turn.32v')
  return {
    decoding: await decodeClip(clip, options),
    conversion: await convertReadyFrames(clip, options),
    byReference: reference ? (await convertByReference(clip, { reference, args: ARGS, output })).milliseconds : Number.NaN,
  }
}

function printTimes(measured) {
  console.log(`\nwhole conversions of ${measured[0].clip.seconds} s, ${measured[0].turns.length} of each in turns\n`)
  printTable(
    ['clip', 'sanjuuni', 'as a job', 'fetched too', 'program alone', 'sanjuuni / job', '/ fetched too', '/ program', 'frames a second', 'frames'],
    measured.map(({ clip, turns }) => {
      const [reference, ...ours] = NAMES.map((name) => mean(turns, name, 'seconds'))
      const frames = [...new Set(NAMES.flatMap((name) => turns[0][name]?.frames ?? []))]
      return [
        clip.name, ...[reference, ...ours].map((seconds) => `${short(seconds)} s`), ...ours.map((seconds) => short(reference / seconds)),
        short(mean(turns, 'alone', 'frames') / ours.at(-1)), frames.join(' and '),
      ]
    }),
  )
}

function printFrames(measured) {
  console.log('\na frame: processor time of whole conversions, of one frame more decoded and scaled, and of one more that is ready, and size\n')
  printTable(
    ['clip', 'sanjuuni', 'hub and job', 'program alone', 'decoding', 'conversion', 'sanjuuni’s', 'bytes', 'sanjuuni’s', 'ratio'],
    measured.map(({ clip, turns, decoding, conversion, byReference }) => {
      const [ours, theirs] = ['alone', 'reference'].map((name) => mean(turns, name, 'bytes') / mean(turns, name, 'frames'))
      return [
        clip.name, ...['reference', 'job', 'alone'].map((name) => (mean(turns, name, 'cpuSeconds') / mean(turns, name, 'frames')) * 1000).map(milliseconds),
        milliseconds(decoding), milliseconds(conversion), milliseconds(byReference - decoding),
        whole(ours), whole(theirs), short(ours / theirs),
      ]
    }),
  )
  console.log('\nthe goals: conversion at most 3 ms, fewer bytes')
}

function mean(turns, name, value) {
  return turns.reduce((sum, turn) => sum + (turn[name]?.[value] ?? Number.NaN), 0) / turns.length
}

function milliseconds(value) {
  return `${short(value)} ms`
}
