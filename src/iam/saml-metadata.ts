import { X509Certificate } from 'node:crypto';
import { messageOf } from '../core/errors.ts';
import { invalidInput } from './iam-errors.ts';
import { MalformedXml, readXml, type XmlElement } from './read-xml.ts';

/**
 * What an identity provider says of itself, as far as it must be there for its assertions to be believed.
 * Source: OASIS, Metadata for the SAML V2.0, sections 2.3.2 and 2.4.3; IAM API Reference, CreateSAMLProvider.
 */
export interface SamlMetadata {
  readonly entityId: string;
  /** Undefined when the document does not say. */
  readonly validUntil: Date | undefined;
  /** Certificates of the keys that sign, in DER. */
  readonly certificates: readonly Buffer[];
}

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';
const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
/** SAML V2.0 Core, section 8.3.6: an entity identifier has at most 1,024 characters. */
const ENTITY_ID_CHARACTERS_MAX = 1024;
/** IAM API Reference, type SAMLMetadataDocumentType. */
const DOCUMENT_CHARACTERS_MIN = 1000;
const DOCUMENT_CHARACTERS_MAX = 10_000_000;

/** Throws InvalidInput unless the document describes one SAML 2.0 identity provider with a key that signs. */
export function parseSamlMetadata(document: string): SamlMetadata {
  if (document.length < DOCUMENT_CHARACTERS_MIN || document.length > DOCUMENT_CHARACTERS_MAX) {
    throw unreadable(`it must have ${DOCUMENT_CHARACTERS_MIN} to ${DOCUMENT_CHARACTERS_MAX} characters`);
  }
  const root = readRoot(document);
  const entityId = root.attributes.get('entityID') ?? '';
  if (entityId === '' || entityId.length > ENTITY_ID_CHARACTERS_MAX) {
    throw unreadable('its EntityDescriptor has no usable entityID');
  }
  const role = root.children.find(
    (child) => is(child, METADATA, 'IDPSSODescriptor') && protocolsOf(child).includes(PROTOCOL),
  );
  if (role === undefined) throw unreadable('it has no IDPSSODescriptor for SAML 2.0');
  if (!role.children.some((child) => is(child, METADATA, 'SingleSignOnService'))) {
    throw unreadable('its IDPSSODescriptor has no SingleSignOnService');
  }
  const certificates = signingKeys(role).map(readCertificate);
  if (certificates.length === 0)
    throw unreadable('its IDPSSODescriptor has no certificate of a key that signs');
  return { entityId, validUntil: readInstant(root.attributes.get('validUntil')), certificates };
}

function readRoot(document: string): XmlElement {
  try {
    const root = readXml(document);
    if (!is(root, METADATA, 'EntityDescriptor'))
      throw new MalformedXml('its root is not an EntityDescriptor');
    return root;
  } catch (error) {
    if (error instanceof MalformedXml) throw unreadable(messageOf(error));
    throw error;
  }
}

const is = (element: XmlElement, namespace: string, name: string): boolean =>
  element.namespace === namespace && element.name === name;

const protocolsOf = (role: XmlElement): string[] =>
  (role.attributes.get('protocolSupportEnumeration') ?? '').split(/\s+/);

/** The certificates of the keys whose use is signing, or not said. */
function signingKeys(role: XmlElement): XmlElement[] {
  return role.children
    .filter((child) => is(child, METADATA, 'KeyDescriptor') && child.attributes.get('use') !== 'encryption')
    .flatMap((key) => key.children.filter((child) => is(child, SIGNATURE, 'KeyInfo')))
    .flatMap((info) => info.children.filter((child) => is(child, SIGNATURE, 'X509Data')))
    .flatMap((data) => data.children.filter((child) => is(child, SIGNATURE, 'X509Certificate')));
}

function readCertificate({ text }: XmlElement): Buffer {
  try {
    return new X509Certificate(Buffer.from(text.replaceAll(/\s/g, ''), 'base64')).raw;
  } catch {
    throw unreadable('one of its certificates cannot be read');
  }
}

function readInstant(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const instant = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)?$/.test(text) || Number.isNaN(instant.getTime())) {
    throw unreadable('its validUntil is not a time');
  }
  return instant;
}

const unreadable = (reason: string) => invalidInput(`Could not parse metadata: ${reason}`);
