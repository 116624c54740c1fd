import { describe, expect, test } from 'vitest';
import { isKpl, readKpl } from '../../../src/wire/kpl.ts';
import { bytesField, kplFrame, kplRecord, varintField } from '../../support/kpl-writer.ts';

const DATA = Buffer.from('abc');

describe('an aggregated record', () => {
  test('is known by its magic alone', () => {
    expect(isKpl(kplRecord([]))).toBe(true);
    expect(isKpl(Buffer.from('f3899a', 'hex'))).toBe(false);
    expect(isKpl(Buffer.from('{"source":"dev-1"}'))).toBe(false);
  });

  test('reads as its format says, byte by byte', () => {
    const message = '0a016b' + '1a07' + '0800' + '1a03616263';
    const record = Buffer.from(`f3899ac2${message}b16451e13012204dcb995441b5d68b1d`, 'hex');
    expect(record.equals(kplRecord([DATA], 'k'))).toBe(true);
    expect(userData(record)).toEqual(['abc']);
  });

  test('may hold fields of any kind besides, which are passed over', () => {
    const fixed64 = Buffer.concat([Buffer.from([(9 << 3) | 1]), Buffer.alloc(8)]);
    const fixed32 = Buffer.concat([Buffer.from([(9 << 3) | 5]), Buffer.alloc(4)]);
    const record = bytesField(
      3,
      Buffer.concat([varintField(1, 300), fixed32, bytesField(3, DATA), bytesField(4, DATA)]),
    );
    expect(
      userData(kplFrame(Buffer.concat([bytesField(2, DATA), fixed64, record, varintField(8, 1)]))),
    ).toEqual(['abc']);
  });

  test('keeps records of more than 127 bytes, and empty ones', () => {
    const large = 'x'.repeat(70_000);
    expect(userData(kplRecord([Buffer.from(large), Buffer.alloc(0)]))).toEqual([large, '']);
  });
});

describe('a damaged one is unreadable as a whole, whatever its checksum says', () => {
  test.each([
    ['no checksum', Buffer.from('f3899ac200', 'hex')],
    ['a wrong checksum', Buffer.concat([Buffer.from('f3899ac2', 'hex'), Buffer.alloc(16)])],
    ['a length beyond the end', kplFrame(Buffer.from('1a7f00', 'hex'))],
    ['a length beyond all numbers', kplFrame(Buffer.from('1affffffffffffffffff01', 'hex'))],
    ['a varint without an end', kplFrame(Buffer.from('1affffffffffffffffffffff01', 'hex'))],
    ['a varint cut short', kplFrame(Buffer.from('1aff', 'hex'))],
    ['a group', kplFrame(Buffer.from('1b1c', 'hex'))],
    ['a fixed field cut short', kplFrame(Buffer.from('490000', 'hex'))],
    ['a record without data', kplFrame(bytesField(3, varintField(1, 0)))],
    ['a record that is no message', kplFrame(bytesField(3, Buffer.from('ff', 'hex')))],
  ])('%s', (_, record) => {
    expect(readKpl(record).kind).toBe('unreadable');
  });
});

function userData(record: Buffer): string[] {
  const read = readKpl(record);
  if (read.kind === 'unreadable') throw new Error(read.detail);
  return read.userData.map((data) => data.toString());
}
