export { type CheckDigit, checkDigit, enforced } from './check-digit.ts';
