import { STRATEGIES } from '@mra/recognition';
import { z } from 'zod';
import { AdministrationCode, Confidence, Identifier, ProgrammeId, pageOf, pageQuery, SchemeCode } from './common.ts';
import { code, line, prose, whole } from './text.ts';

export const PresentationId = code(
  /^[a-z0-9-]+>[A-Z]{2}$/,
  60,
  'the id of a presentation, for example nz-ses>US',
).describe('Id of a presentation: programme and recogniser, `nz-ses>US`.');

const Template = z
  .object({
    source: SchemeCode.optional().describe("Scheme of the member's identifier; left out: `from`."),
    strip: line(64).optional().describe('Prefix to remove.'),
    take: z
      .array(z.object({ from: whole(0, 64), length: whole(1, 64) }))
      .max(20)
      .optional()
      .describe('Pieces to take, by offset and length.'),
    prefix: line(64).optional(),
    suffix: line(64).optional(),
    pattern: line(300).optional().describe('What the code must match.'),
    builder: z.literal('mid').optional().describe('Made from name and address: a hint, never proof.'),
  })
  .meta({
    id: 'PresentationTemplate',
    description: 'How a code is made from an identifier. Forward only, never inverted.',
  });

/** How a member of a programme is named on the recogniser's declaration. */
export const Presentation = z
  .object({
    id: PresentationId,
    programme: ProgrammeId,
    recogniser: AdministrationCode,
    strategy: z.enum(STRATEGIES).describe('Whose code is written, or how it is made.'),
    from: SchemeCode.nullable().describe('Scheme of the identifier from which it is made; null: none, or not known.'),
    words: prose(1000).nullable().describe('The rule in words.'),
    template: Template.nullable().describe('null: the exact form is not known, so that nothing can be declared.'),
    where: line(500).nullable().describe('Field of the declaration; null: not known.'),
    example: z.object({ input: Identifier, output: Identifier }).nullable(),
    lossy: z.boolean().describe('Whether two members may get the same code.'),
    source: line(500).describe('Where this is known from.'),
    confidence: Confidence.nullable(),
  })
  .meta({ id: 'Presentation', description: "How a member of a programme is named on the recogniser's declaration." });
export type Presentation = z.infer<typeof Presentation>;

export const PresentationQuery = z.strictObject({
  programme: ProgrammeId.optional().describe('Of the members of this programme.'),
  recogniser: AdministrationCode.optional().describe('On the declarations of this administration.'),
  ...pageQuery,
});
export type PresentationQuery = z.infer<typeof PresentationQuery>;

export const PresentationPage = pageOf(Presentation, 'PresentationPage', 'Presentations by id.');
export type PresentationPage = z.infer<typeof PresentationPage>;
