// Text of XML elements, as S3 answers them.

/** A text is content, and is escaped; an array holds elements. */
export function element(name: string, content: string | readonly string[]): string {
  return `<${name}>${typeof content === 'string' ? escaped(content) : content.join('')}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[<>&"'\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
