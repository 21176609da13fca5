export { WORKER_VARIABLES } from './config.ts';
export { type ExchangeSettings, type OpenedExchange, openExchange } from './open-exchange.ts';
export { type ExchangeWorker, startExchangeWorker, type WorkerOptions } from './worker.ts';
