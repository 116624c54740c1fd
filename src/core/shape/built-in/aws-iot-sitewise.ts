import type { PartDefinition, ShapeDefinition } from '../shape-definition.ts';

const VALUE = ['value.doubleValue', 'value.integerValue', 'value.booleanValue', 'value.stringValue'];

/** Values of one property, by its id; one known by its alias alone is a source of its own. */
function propertiesIn(each: readonly string[]): readonly PartDefinition[] {
  return [
    { each, when: { has: ['^.propertyId'] }, values: { '{^.propertyId}': VALUE } },
    { each, when: { lacks: ['^.propertyId'] }, values: { value: VALUE } },
  ];
}

/** AWS IoT SiteWise: notifications of property values, and entries of `BatchPutAssetPropertyValue`. */
export const AWS_IOT_SITEWISE: ShapeDefinition = {
  name: 'aws-iot-sitewise',
  when: [
    { has: ['payload.values[0].timestamp.timeInSeconds'] },
    { has: ['entries[0].propertyValues[0].timestamp.timeInSeconds'] },
    { has: ['propertyValues[0].timestamp.timeInSeconds'] },
  ],
  source: ['^.assetId', '^.propertyAlias', '@partitionKey'],
  type: { text: 'property' },
  time: { path: 'timestamp.timeInSeconds', as: 's', plus: { path: 'timestamp.offsetInNanos', as: 'ns' } },
  tags: { quality: 'quality' },
  parts: [
    ...propertiesIn(['payload', 'values[*]']),
    ...propertiesIn(['entries[*]', 'propertyValues[*]']),
    ...propertiesIn(['propertyValues[*]']),
  ],
};
