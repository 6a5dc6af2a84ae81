import fc from 'fast-check'

/**
 * Property tests try the same cases in every run, so that a run says something about the change and not about its
 * luck. `FUZZ_SEED=random` tries others, and `FUZZ_SEED=<seed>` those of a failure, which fast-check prints.
 */
const asked = process.env.FUZZ_SEED ?? '1'
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) })
