"""Tables, one file per aggregate. Importing this package registers all of them on `Base.metadata`."""

from app.database import Base
from app.models.accounts import AccessToken, AccountToken, AttemptWindow, Consent, Person, SignIn
from app.models.alerts import Alert, AlertLetter, AlertSettings, MatchReading, Subscription
from app.models.audit import AuditEntry
from app.models.carrying import CarriedAttempt, CarriedDelivery, CarriedRequest
from app.models.cases import BrokerCase, BrokerCaseHistory, BrokerCaseNote, EnquirySeen
from app.models.clusters import ClusterLook, ClusterMember, ClusterSuggestion, ListingIdentifier
from app.models.deal_documents import DealDocument, DealDocumentVersion, DealSignature
from app.models.deal_milestones import DealFile, DealMilestone, DealMilestoneChange, DealMilestoneHistory
from app.models.deal_terms import DealLegalCheck, DealRegistration, DealTerms
from app.models.deals import Deal, DealCalendar, DealHistory, DealOutcome
from app.models.enquiries import (
    Acceptance,
    AcceptanceLine,
    EnquiryFile,
    EnquiryMessage,
    Quote,
    QuoteOffer,
    QuoteRequest,
    QuoteRequestHistory,
    QuoteRequestItem,
)
from app.models.exchange import ExchangeProgress, ExchangeRecord
from app.models.held_forms import HeldForm
from app.models.inbox import InboxNonce, InboxReceipt
from app.models.jobs import Job, WorkerHeartbeat
from app.models.journal import JournalCursor, JournalEntry, JournalWaiting
from app.models.listings import (
    Listing,
    ListingClassification,
    ListingConfidential,
    ListingConfidentialFile,
    ListingFile,
    ListingHistory,
)
from app.models.matching import ListingMatch, MatchDue, MatchJudgement, MatchList
from app.models.messages import MailHandover
from app.models.ndas import Nda, NdaDisclosure, NdaHistory, NdaReader, NdaSignature
from app.models.operator_fees import OperatorFee, OperatorInvoice
from app.models.organisations import Invitation, Membership, Organisation
from app.models.partners import Partner, PartnerCredential, PartnerHistory
from app.models.payment_provider import (
    PayeeAccount,
    PaymentCall,
    PaymentEvent,
    PayoutSeen,
    Reconciliation,
    ReconciliationDifference,
)
from app.models.payments import BankAccount, BankStatement, BankStatementRow, Payment, PaymentEntry, PaymentHistory
from app.models.reference import ReferenceFormerCode, ReferenceScheme, ReferenceTerm
from app.models.rounds import EnquiryReminder, KeptListing, QuoteRound
from app.models.subscriptions import Delivery, DeliveryAttempt, PartnerSubscription
from app.models.synonyms import SynonymPair
from app.models.taking import (
    Quarantined,
    SweepSeen,
    TakenDownMark,
    TakenOverlay,
    TakenRecord,
    TakingProgress,
    TakingRun,
)

# All tables; taken from here, so that whoever asks has them registered.
metadata = Base.metadata

__all__ = [
    "Acceptance",
    "AcceptanceLine",
    "AccessToken",
    "AccountToken",
    "Alert",
    "AlertLetter",
    "AlertSettings",
    "AttemptWindow",
    "AuditEntry",
    "BankAccount",
    "BankStatement",
    "BankStatementRow",
    "BrokerCase",
    "BrokerCaseHistory",
    "BrokerCaseNote",
    "CarriedAttempt",
    "CarriedDelivery",
    "CarriedRequest",
    "ClusterLook",
    "ClusterMember",
    "ClusterSuggestion",
    "Consent",
    "Deal",
    "DealCalendar",
    "DealDocument",
    "DealDocumentVersion",
    "DealFile",
    "DealHistory",
    "DealLegalCheck",
    "DealMilestone",
    "DealMilestoneChange",
    "DealMilestoneHistory",
    "DealOutcome",
    "DealRegistration",
    "DealSignature",
    "DealTerms",
    "Delivery",
    "DeliveryAttempt",
    "EnquiryFile",
    "EnquiryMessage",
    "EnquiryReminder",
    "EnquirySeen",
    "ExchangeProgress",
    "ExchangeRecord",
    "HeldForm",
    "InboxNonce",
    "InboxReceipt",
    "Invitation",
    "Job",
    "JournalCursor",
    "JournalEntry",
    "JournalWaiting",
    "KeptListing",
    "Listing",
    "ListingClassification",
    "ListingConfidential",
    "ListingConfidentialFile",
    "ListingFile",
    "ListingHistory",
    "ListingIdentifier",
    "ListingMatch",
    "MailHandover",
    "MatchDue",
    "MatchJudgement",
    "MatchList",
    "MatchReading",
    "Membership",
    "Nda",
    "NdaDisclosure",
    "NdaHistory",
    "NdaReader",
    "NdaSignature",
    "OperatorFee",
    "OperatorInvoice",
    "Organisation",
    "Partner",
    "PartnerCredential",
    "PartnerHistory",
    "PartnerSubscription",
    "PayeeAccount",
    "Payment",
    "PaymentCall",
    "PaymentEntry",
    "PaymentEvent",
    "PaymentHistory",
    "PayoutSeen",
    "Person",
    "Quarantined",
    "Quote",
    "QuoteOffer",
    "QuoteRequest",
    "QuoteRequestHistory",
    "QuoteRequestItem",
    "QuoteRound",
    "Reconciliation",
    "ReconciliationDifference",
    "ReferenceFormerCode",
    "ReferenceScheme",
    "ReferenceTerm",
    "SignIn",
    "Subscription",
    "SweepSeen",
    "SynonymPair",
    "TakenDownMark",
    "TakenOverlay",
    "TakenRecord",
    "TakingProgress",
    "TakingRun",
    "WorkerHeartbeat",
    "metadata",
]
