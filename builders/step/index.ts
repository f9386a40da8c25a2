export { exitCodeOf, exitCodes, type Flags, readFlags, runStep, type Step, writeResult } from './step.ts'
