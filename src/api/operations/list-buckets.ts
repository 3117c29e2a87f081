import { SelectError } from '../../base/errors.ts';
import { compareUtf8 } from '../../storage/listing.ts';
import { readCount } from '../list-parameters.ts';
import type { OperationBody } from '../operation.ts';
import { readToken, writeToken } from '../tokens.ts';
import { element, ownerXml, textElement, xmlAnswer } from '../xml-answer.ts';

const bucketsMax = 10_000;

export const listBuckets: OperationBody = {
  parameters: ['prefix', 'bucket-region', 'max-buckets', 'continuation-token'],
  async handle({ services, identity, sees, query }) {
    const prefix = query.get('prefix');
    const after = readToken(query.get('continuation-token'));
    const bucketsWanted = readCount('max-buckets', query.get('max-buckets'), bucketsMax);
    if (bucketsWanted === 0) throw new SelectError('InvalidArgument', { reason: 'max-buckets is 0' });
    const isHere = (query.get('bucket-region') ?? services.region) === services.region;
    const all = isHere ? await services.store.listBuckets() : [];
    const isWanted = (name: string): boolean => name.startsWith(prefix ?? '') && (after === undefined || compareUtf8(name, after) > 0);
    const found = all.filter(({ name }) => isWanted(name) && sees(name));
    const page = found.slice(0, bucketsWanted);
    const buckets = page.map(({ name, createdAt }) =>
      element(
        'Bucket',
        textElement('Name', name) + textElement('CreationDate', createdAt.toISOString()) + textElement('BucketRegion', services.region),
      ),
    );
    const last = found.length > page.length ? page.at(-1) : undefined;
    const next = last === undefined ? '' : textElement('ContinuationToken', writeToken(last.name));
    const content = ownerXml(identity) + element('Buckets', buckets.join('')) + next + textElement('Prefix', prefix);
    return xmlAnswer('ListAllMyBucketsResult', content);
  },
};
