"""Documents of a deal: versions that never change, and both sides' signatures under the exact bytes of one.

A signature holds what one of an agreement does: typed name, role, account, time, address, hash. The password is asked
again, and only an owner signs for an organisation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.features.accounts.attempts import Refused
from app.features.accounts.policies import require_in_person
from app.features.accounts.proof import prove_password
from app.features.deals import notices
from app.features.deals.queries import DealRecord
from app.features.deals.records import CLOSED, attach, locked_deal, note_change, require_state
from app.features.deals.schemas import DocumentInput, VersionInput
from app.features.deals.states import OPEN_STATES, Side
from app.features.enquiries.records import AttachedFile
from app.features.ndas.schemas import NdaSignatureInput
from app.i18n import N_
from app.identity import Actor
from app.models import Deal, DealDocument, DealDocumentVersion, DealFile, DealSignature

MOST_DOCUMENTS = 50
MOST_VERSIONS = 50
NO_FILE = N_("Hãy chọn tệp.")
CHANGED = N_("Tài liệu đã có phiên bản khác với bản bạn vừa đọc: hãy đọc lại trước khi ký")
SIGNED_ALREADY = N_("Một chủ quản khác của tổ chức bạn đã ký phiên bản này")
OWNERS_ONLY = N_("Chỉ chủ quản của tổ chức được ký thay tổ chức")

KIND_NAMES: Mapping[str, str] = {
    "contract": N_("Hợp đồng"),
    "annex": N_("Phụ lục hợp đồng"),
    "minutes": N_("Biên bản"),
    "other": N_("Tài liệu khác"),
}


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version with its file and the signatures under it, by side."""

    version: DealDocumentVersion
    file: DealFile
    signatures: Mapping[str, DealSignature]

    @property
    def signed_by_both(self) -> bool:
        """Whether both sides have signed this very version."""
        return len(self.signatures) == 2


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document with its versions, the newest first."""

    document: DealDocument
    versions: Sequence[VersionRecord]

    @property
    def newest(self) -> VersionRecord:
        """The version there is to sign."""
        return self.versions[0]


def documents_of(session: Session, record: DealRecord) -> list[DocumentRecord]:
    """The documents of a deal that was read by `deal_record`, oldest first. Three queries."""
    deal_id = record.deal.id
    signatures: dict[tuple[object, int], dict[str, DealSignature]] = {}
    for one in session.scalars(select(DealSignature).where(DealSignature.deal_id == deal_id)):
        signatures.setdefault((one.document_id, one.version), {})[one.side] = one
    versions: dict[object, list[VersionRecord]] = {}
    rows = session.execute(
        select(DealDocumentVersion, DealFile)
        .join(DealFile, DealFile.id == DealDocumentVersion.file_id)
        .where(DealDocumentVersion.deal_id == deal_id)
        .order_by(DealDocumentVersion.version.desc())
    )
    for version, file in rows:
        signed = signatures.get((version.document_id, version.version), {})
        versions.setdefault(version.document_id, []).append(VersionRecord(version, file, signed))
    documents = session.scalars(
        select(DealDocument).where(DealDocument.deal_id == deal_id).order_by(DealDocument.created_at, DealDocument.id)
    )
    return [DocumentRecord(one, versions[one.id]) for one in documents]


def add_document(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    data: DocumentInput,
    files: Sequence[AttachedFile],
    now: datetime,
) -> DealDocument:
    """Add a document with its first version.

    Raises:
        NotFound, Forbidden; Conflict: the deal is closed; Invalid at `file`, `title`.
    """
    deal = locked_deal(session, actor=actor, number=number, side=side)
    require_state(deal, OPEN_STATES, CLOSED)
    if not files:
        raise Invalid({"file": NO_FILE})
    count = session.scalar(select(func.count()).where(DealDocument.deal_id == deal.id))
    if (count or 0) >= MOST_DOCUMENTS:
        raise Invalid({"title": N_("Một thương vụ có nhiều nhất 50 tài liệu.")})
    document = DealDocument(deal_id=deal.id, kind=data.kind, title=data.title, created_at=now)
    session.add(document)
    session.flush()
    _put_version(session, deal, document, version=1, note=data.note, files=files, actor=actor, side=side, now=now)
    return document


def add_version(
    session: Session,
    *,
    actor: Actor,
    number: str,
    public_id: str,
    side: Side,
    data: VersionInput,
    files: Sequence[AttachedFile],
    now: datetime,
) -> DealDocument:
    """Add a version; the ones before stay, with the signatures under them. The same bytes again change nothing.

    Raises:
        NotFound, Forbidden; Conflict: the deal is closed; Invalid at `file`.
    """
    deal, document = _both(session, actor=actor, number=number, public_id=public_id, side=side)
    if not files:
        raise Invalid({"file": NO_FILE})
    last, sha256 = _newest(session, document)
    if files[0].sha256 == sha256:
        raise Invalid({"file": N_("Tệp này giống hệt phiên bản mới nhất.")})
    if last >= MOST_VERSIONS:
        raise Invalid({"file": N_("Một tài liệu có nhiều nhất 50 phiên bản.")})
    _put_version(
        session, deal, document, version=last + 1, note=data.note, files=files, actor=actor, side=side, now=now
    )
    return document


def sign_document(
    session: Session,
    *,
    actor: Actor,
    number: str,
    public_id: str,
    side: Side,
    data: NdaSignatureInput,
    password: str,
    seen_sha256: str,
    now: datetime,
) -> DealSignature | Refused:
    """Sign the newest version for one side, with the password given afresh.

    Args:
        seen_sha256: the hash of the file that was read; of another version nothing is signed.

    Returns:
        the signature (the one there is, when the same person sends the form twice), or why the password was refused;
        what counts the attempts must then be committed.

    Raises:
        NotFound, Forbidden; Conflict: another version is the newest, another owner signed, or the deal is closed.
    """
    proved = prove_password(session, actor=actor, password=password, now=now)
    if isinstance(proved, Refused):
        return proved
    deal, document = _both(session, actor=actor, number=number, public_id=public_id, side=side)
    organisation_id = deal.buyer_organisation_id if side == "buyer" else deal.holder_organisation_id
    if not actor.owns(organisation_id):
        raise Forbidden(OWNERS_ONLY)
    last, sha256 = _newest(session, document)
    if seen_sha256 != sha256:
        raise Conflict(CHANGED)
    there = session.get(DealSignature, (document.id, last, side))
    if there is not None and there.person_id == actor.person_id:
        return there
    if there is not None:
        raise Conflict(SIGNED_ALREADY)
    signature = DealSignature(
        document_id=document.id,
        version=last,
        side=side,
        deal_id=deal.id,
        organisation_name=deal.buyer_name if side == "buyer" else deal.holder_name,
        person_id=require_in_person(actor),
        email=proved.email,
        typed_name=data.typed_name,
        role=data.role,
        sha256=sha256,
        address=actor.address,
        signed_at=now,
    )
    session.add(signature)
    note_change(session, deal, action="document_signed", actor=actor, now=now)
    notices.tell_both(session, deal, event="document", now=now, by=side, what="signed")
    return signature


def _both(session: Session, *, actor: Actor, number: str, public_id: str, side: Side) -> tuple[Deal, DealDocument]:
    deal = locked_deal(session, actor=actor, number=number, side=side)
    document = session.scalars(
        select(DealDocument).where(DealDocument.deal_id == deal.id, DealDocument.public_id == public_id)
    ).one_or_none()
    if document is None:
        raise NotFound
    require_state(deal, OPEN_STATES, CLOSED)
    return deal, document


def _newest(session: Session, document: DealDocument) -> tuple[int, str]:
    """The number of the newest version and the SHA-256 of its file."""
    version, sha256 = session.execute(
        select(DealDocumentVersion.version, DealFile.sha256)
        .join(DealFile, DealFile.id == DealDocumentVersion.file_id)
        .where(DealDocumentVersion.document_id == document.id)
        .order_by(DealDocumentVersion.version.desc())
        .limit(1)
    ).one()
    return version, sha256


def _put_version(
    session: Session,
    deal: Deal,
    document: DealDocument,
    *,
    version: int,
    note: str,
    files: Sequence[AttachedFile],
    actor: Actor,
    side: Side,
    now: datetime,
) -> None:
    (file,) = attach(session, deal, files[:1], actor=actor, side=side, now=now)
    session.flush()
    session.add(
        DealDocumentVersion(document_id=document.id, version=version, deal_id=deal.id, file_id=file.id, note=note)
    )
    note_change(session, deal, action="document_added", actor=actor, now=now)
    notices.tell_both(session, deal, event="document", now=now, by=side, what="added")
