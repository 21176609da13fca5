import { NetworkAnswer, NetworkQuery } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { recognitionPairs, shortInstant } from '@mra/recognition';
import type { Dependencies } from '../../dependencies.ts';
import { instantOf } from '../../record-mapping.ts';
import { answerExample } from './examples.ts';

export function getNetwork(app: HttpApp, { networks, now }: Dependencies): void {
  app.get(
    '/v1/network',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'getNetwork',
        summary: 'Who recognises whom at an instant',
        description:
          'One pair for each programme and each administration that recognises its members, as known now; a pilot beside an agreement ' +
          'in force is a pair of its own.',
        tags: ['network'],
        querystring: NetworkQuery,
        response: {
          200: json(NetworkAnswer, 'The pairs, by programme and recogniser.', {
            examples: answerExample('getNetwork'),
          }),
        },
      },
    },
    async ({ query }) => {
      const at = query.at === undefined ? now() : instantOf(query.at);
      const network = await networks.current();
      const pairs = recognitionPairs(network, at).map(({ agreements, rules, ...pair }) => ({
        ...pair,
        agreements: [...agreements],
        rules: [...rules],
      }));
      return { at: shortInstant(at), networkVersion: network.version, pairs };
    },
  );
}
