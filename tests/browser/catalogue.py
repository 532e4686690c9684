"""Every page of the exchange: by route name, who opens it at which address of the demo.

A new page route belongs into VISITS, or into LEFT_OUT with the reason; test_every_page.py fails until it does.
"""

from dataclasses import dataclass
from typing import Final

NOBODY: Final = ""
BUYER, ASKER, DECLINED = "hoang.phuc", "ngoc.tram", "trong.nghia"
HOLDER, MAKER, INSTITUTE = "bao.tram", "van.lanh", "ha.giang"
AUTHOR = "nhat.ha"
BROKER = "manh.toan"
OPERATOR = "minh.chau"


@dataclass(frozen=True)
class Visit:
    """Somebody at an address, and what is answered there.

    Names in braces are those of DemoSite.places; `press` names a button (in Vietnamese) that is pressed there first.
    """

    path: str
    who: str = NOBODY
    status: int = 200
    press: str = ""


VISITS: Final[dict[str, tuple[Visit, ...]]] = {
    "home": (Visit("/"),),
    "search": (
        Visit("/search?q=may+say"),
        Visit("/search?kind=technology&kind=need&trl=7-9&verified=1&page=2"),
        Visit("/search?q=khongcogithenay&kind=patent"),
        Visit("/search?q=can+may+say+nong+san+gia+duoi+500+trieu&compare={CN001_id},{TB002_id}"),
        Visit("/search?place=binh+duong&confirmed=90&price=under-10m&organisation_type=firm"),
    ),
    "compare": (Visit("/compare?ids={CN001_id},{TB002_id},{SC001_id},{NC002_id}"), Visit("/compare")),
    "technologies": (Visit("/technologies?sort=trl"),),
    "equipment": (Visit("/equipment"),),
    "patents": (Visit("/patents"),),
    "services": (Visit("/services"),),
    "needs": (Visit("/needs"),),
    "listing": (
        Visit("/listings/{CN001}"),
        Visit("/listings/{CN001}", BUYER),
        Visit("/listings/{foreign}"),
        Visit("/listings/{TB002}", MAKER),
        Visit("/listings/{SC001}"),
        Visit("/listings/{DV003}"),
        Visit("/listings/{NC002}"),
        Visit("/listings/{NC001}"),
        Visit("/listings/{CN006}", OPERATOR),
        Visit("/listings/{DV014}", status=410),
        Visit("/listings/khong-co-000000000000", status=404),
    ),
    "similar_listings": (Visit("/listings/{CN001_id}/similar"), Visit("/listings/{NC001_id}/similar")),
    "fields": (Visit("/fields"),),
    "regions": (Visit("/regions"),),
    "ranking": (Visit("/ranking"),),
    "about": (Visit("/about"),),
    "regulation": (Visit("/regulation"),),
    "privacy": (Visit("/privacy"),),
    "complaints": (Visit("/complaints"),),
    "developers": (Visit("/developers"),),
    "exchange": (Visit("/exchange"),),
    "sign_in": (Visit("/sign-in"), Visit("/sign-in", press="Đăng nhập", status=422)),
    "register": (
        Visit("/register"),
        Visit("/register", press="Mở tài khoản", status=422),
    ),
    "registered": (Visit("/register/sent"),),
    "confirm_email": (Visit("/confirm/{confirm}"), Visit("/confirm/khong-co", status=410)),
    "reset_request": (Visit("/reset"),),
    "reset_sent": (Visit("/reset-sent"),),
    "reset_password": (Visit("/reset/{reset}"), Visit("/reset/khong-co", status=410)),
    "account": (Visit("/account", BUYER),),
    "alerts": (Visit("/account/alerts", BUYER), Visit("/account/alerts", INSTITUTE)),
    "follow": (
        Visit("/follow?search=q%3Dmay%2Bsay%26kind%3Dtechnology%26trl%3D7-9", ASKER),
        Visit("/follow?search=q%3Dmay%2Bsay%26kind%3Dtechnology", ASKER, press="Lưu", status=422),
        Visit("/follow?listing={CN001_id}", BUYER),
        Visit("/follow?organisation={followed_organisation}", ASKER),
    ),
    "stop_alerts": (
        Visit("/alerts/stop/{stop}"),
        Visit("/alerts/stop/{stop}", press="Dừng những mục đã chọn", status=422),
        Visit("/alerts/stop/{ended}"),
        Visit("/alerts/stop/khong-co", status=410),
    ),
    "account_security": (Visit("/account/security", BUYER),),
    "access_tokens": (Visit("/account/tokens", INSTITUTE),),
    "organisations": (Visit("/organisations"), Visit("/organisations?q=khongcogi")),
    "organisation": (Visit("/organisations/{organisation}"),),
    "my_organisations": (Visit("/desk/organisations", AUTHOR),),
    "new_organisation": (
        Visit("/desk/organisations/new", BUYER),
        Visit("/desk/organisations/new", BUYER, press="Lưu hồ sơ", status=422),
    ),
    "edit_organisation": (Visit("/desk/organisations/{own}", INSTITUTE),),
    "organisation_members": (Visit("/desk/organisations/{own}/members", INSTITUTE),),
    "invitation": (Visit("/invitations/{invitation}"), Visit("/invitations/khong-co", status=410)),
    "verifications": (Visit("/verification", OPERATOR), Visit("/verification", BUYER, status=403)),
    "synonyms": (
        Visit("/desk/synonyms", OPERATOR),
        Visit("/desk/synonyms?find=may+say", OPERATOR),
        Visit("/desk/synonyms?find=khongcogi&show=retired", OPERATOR),
        Visit("/desk/synonyms", BUYER, status=403),
    ),
    "synonym": (Visit("/desk/synonyms/{synonym}", OPERATOR),),
    "verification": (
        Visit("/verification/{unverified_id}", OPERATOR),
        Visit("/verification/{organisation_id}", OPERATOR),
    ),
    "mail_box": (Visit("/_mail"),),
    "mail": (Visit("/_mail/{mail}"),),
    "desk": (Visit("/desk", AUTHOR), Visit("/desk", OPERATOR)),
    "new_listing": (Visit("/desk/listings/new", AUTHOR),),
    "begin_listing": (
        Visit("/desk/listings/new/technology", AUTHOR),
        Visit("/desk/listings/new/equipment", INSTITUTE),
        Visit("/desk/listings/new/patent", INSTITUTE),
        Visit("/desk/listings/new/service", INSTITUTE),
        Visit("/desk/listings/new/need", INSTITUTE),
    ),
    "edit_listing": (
        Visit("/desk/listings/{TB019_id}", AUTHOR),
        Visit("/desk/listings/{SC017_id}", AUTHOR),
        Visit("/desk/listings/{CN001_id}", INSTITUTE),
    ),
    "my_listings": (Visit("/desk/listings", INSTITUTE), Visit("/desk/listings?show=closed", BUYER)),
    "listing_status": (
        Visit("/desk/listings/{SC017_id}/status", AUTHOR),
        Visit("/desk/listings/{CN001_id}/status", INSTITUTE),
    ),
    "listing_suggestions": (
        Visit("/desk/listings/{NC001_id}/suggestions", OPERATOR),
        Visit("/desk/listings/{CN001_id}/suggestions", INSTITUTE),
    ),
    "preview_listing": (Visit("/desk/listings/{TB019_id}/preview", AUTHOR),),
    "confidential": (Visit("/desk/listings/{CN001_id}/confidential", INSTITUTE),),
    "review": (Visit("/review", OPERATOR), Visit("/review?show=suspended", OPERATOR)),
    "review_listing": (Visit("/review/{CN032_id}", OPERATOR), Visit("/review/{CN006_id}", OPERATOR)),
    "ask": (Visit("/listings/{CN002}/ask", BUYER), Visit("/listings/{TB002}/ask", MAKER, status=409)),
    "ask_several": (
        Visit("/desk/ask?ids={CN002_id},{CN001_id},{TB002_id}", BUYER),
        Visit("/desk/ask", BUYER),
    ),
    "kept": (Visit("/desk/kept", BUYER), Visit("/desk/kept?add={CN002_id}", ASKER)),
    "quote_rounds": (Visit("/desk/rounds", ASKER), Visit("/desk/rounds", OPERATOR)),
    "quote_round": (
        Visit("/desk/rounds/{round}", ASKER),
        Visit("/desk/rounds/{round}?show=differences", ASKER),
    ),
    "quote_round_paper": (Visit("/desk/rounds/{round}/print", ASKER),),
    "enquiries": (
        Visit("/desk/enquiries?side=sent", BUYER),
        Visit("/desk/enquiries?side=received", BUYER),
        Visit("/desk/enquiries?side=all", OPERATOR),
    ),
    "enquiry": (
        Visit("/desk/enquiries/{sent}", MAKER),
        Visit("/desk/enquiries/{quoted}", BUYER),
        Visit("/desk/enquiries/{declined}", DECLINED),
        Visit("/desk/enquiries/{accepted}", ASKER),
        Visit("/desk/enquiries/{quoted}", OPERATOR),
        Visit("/desk/enquiries/{quoted}", AUTHOR, status=404),
    ),
    "cases": (Visit("/desk/cases?show=mine", BROKER), Visit("/desk/cases", BUYER, status=403)),
    "new_case": (
        Visit("/desk/cases/new", BROKER),
        Visit("/desk/cases/new", BROKER, press="Mở vụ việc", status=422),
    ),
    "case": (
        Visit("/desk/cases/{case}", BROKER),
        Visit("/desk/cases/{case_of_dispute}", BROKER),
        Visit("/desk/cases/{case_of_dispute}", BROKER, press="Đọc thương vụ (được ghi lại)"),
    ),
    "case_need": (
        Visit("/desk/cases/{case}/need", BROKER),
        Visit("/desk/cases/{case}/need", BROKER, press="Gửi đơn vị xác nhận", status=422),
    ),
    "case_introduce": (
        Visit("/desk/cases/{case}/introduce", BROKER),
        Visit("/desk/cases/{case}/introduce", BROKER, press="Gửi thư giới thiệu", status=422),
    ),
    "enquiry_quote": (Visit("/desk/enquiries/{sent}/quote", MAKER), Visit("/desk/enquiries/{one}/quote", INSTITUTE)),
    "enquiry_decline": (Visit("/desk/enquiries/{sent}/decline", MAKER),),
    "enquiry_withdraw": (Visit("/desk/enquiries/{sent}/withdraw", ASKER),),
    "enquiry_reject": (Visit("/desk/enquiries/{quoted}/quotes/2/reject", BUYER),),
    "enquiry_accept": (Visit("/desk/enquiries/{quoted}/quotes/2/accept", BUYER),),
    "enquiry_accept_review": (
        Visit("/desk/enquiries/{quoted}/quotes/2/accept", BUYER, press="Xem tổng"),
        Visit("/desk/enquiries/{quoted}/quotes/2/accept/review", BUYER, status=422),
    ),
    "enquiry_paper": (Visit("/desk/enquiries/{accepted}/print", ASKER),),
    "enquiry_quote_paper": (Visit("/desk/enquiries/{quoted}/quotes/2/print", HOLDER),),
    "enquiry_acceptance_paper": (Visit("/desk/enquiries/{accepted}/acceptance/print", ASKER),),
    "deals": (Visit("/desk/deals", ASKER), Visit("/desk/deals", OPERATOR), Visit("/desk/deals", AUTHOR)),
    "deal": (
        Visit("/desk/deals/{deal}", ASKER),
        Visit("/desk/deals/{deal}", INSTITUTE),
        Visit("/desk/deals/{deal_completed}", BUYER),
        Visit("/desk/deals/{deal_terms}", ASKER),
        Visit("/desk/deals/{deal_disputed}", BUYER),
    ),
    "deal_payments": (
        Visit("/desk/deals/{deal}/payments", INSTITUTE),
        Visit("/desk/deals/{deal}/payments", INSTITUTE, press="Gửi đề nghị", status=422),
        Visit("/desk/deals/{deal}/payments", ASKER),
    ),
    "payments": (Visit("/desk/payments", ASKER), Visit("/desk/payments", AUTHOR)),
    "payment": (
        Visit("/desk/payments/{payment_asked}", ASKER),
        Visit("/desk/payments/{payment_part}", INSTITUTE),
        Visit("/desk/payments/{payment_asked}", BUYER, status=404),
    ),
    "payment_move": (Visit("/desk/payments/{payment_asked}/deny", INSTITUTE),),
    "card_payments": (Visit("/desk/card-payments", INSTITUTE),),
    "payment_office": (
        Visit("/desk/payment-office", OPERATOR),
        Visit("/desk/payment-office?show=all", OPERATOR),
        Visit("/desk/payment-office", BUYER, status=403),
    ),
    "bank_account": (
        Visit("/desk/bank-account", INSTITUTE),
        Visit("/desk/bank-account", INSTITUTE, press="Xác nhận tài khoản", status=422),
    ),
    "statements": (
        Visit("/desk/statements", INSTITUTE),
        Visit("/desk/statements", INSTITUTE, press="Xem trước", status=422),
    ),
    "statement": (Visit("/desk/statements/{statement}", INSTITUTE),),
    "deal_move": (Visit("/desk/deals/{deal}/terminate", ASKER),),
    "deal_figures": (
        Visit("/desk/figures", OPERATOR),
        Visit("/desk/figures?year=2025", OPERATOR),
        Visit("/desk/figures", BUYER, status=403),
    ),
    "deal_terms": (
        Visit("/desk/deals/{deal_terms}/terms", ASKER),
        Visit("/desk/deals/{deal_terms}/terms", INSTITUTE),
        Visit("/desk/deals/{deal}/terms", INSTITUTE),
    ),
    "propose_deal_terms": (
        Visit("/desk/deals/{deal_terms}/terms/propose", ASKER),
        Visit("/desk/deals/{deal_terms}/terms/propose", INSTITUTE, press="Gửi đề nghị"),
    ),
    "deal_legal": (
        Visit("/desk/deals/{deal}/legal", ASKER),
        Visit("/desk/deals/{deal_terms}/legal", INSTITUTE),
        Visit("/desk/deals/{deal}/legal", ASKER, press="Đã gửi hồ sơ", status=422),
    ),
    "deal_legal_check": (
        Visit("/desk/deals/{deal_terms}/legal/check?technology=yes", ASKER),
        Visit("/desk/deals/{deal_terms}/legal/check", ASKER, press="Tiếp theo", status=422),
        Visit(
            "/desk/deals/{deal_terms}/legal/check?technology=yes&direction=to_abroad&list=restricted&licence=none",
            ASKER,
        ),
    ),
    "deal_documents": (
        Visit("/desk/deals/{deal}/documents", ASKER),
        Visit("/desk/deals/{deal_terms}/documents", INSTITUTE),
    ),
    "new_deal_document": (
        Visit("/desk/deals/{deal}/documents/new", ASKER),
        Visit("/desk/deals/{deal}/documents/new", ASKER, press="Gửi", status=422),
    ),
    "deal_document_version": (Visit("/desk/deals/{deal}/documents/{document}", INSTITUTE),),
    "deal_document_sign": (
        Visit("/desk/deals/{deal}/documents/{document}/sign", INSTITUTE),
        Visit("/desk/deals/{deal}/documents/{document}/sign", INSTITUTE, press="Ký tài liệu", status=422),
    ),
    "deal_paper": (Visit("/desk/deals/{deal}/print", ASKER),),
    "deal_milestones": (
        Visit("/desk/deals/{deal}/milestones", ASKER),
        Visit("/desk/deals/{deal}/milestones", INSTITUTE),
        Visit("/desk/deals/{deal}/milestones", BUYER, status=404),
    ),
    "new_deal_milestone": (
        Visit("/desk/deals/{deal}/milestones/new", ASKER),
        Visit("/desk/deals/{deal}/milestones/new", ASKER, press="Gửi đề nghị", status=422),
    ),
    "deal_milestone": (Visit("/desk/deals/{deal}/milestones/{milestone_planned}", INSTITUTE),),
    "deal_milestone_report": (
        Visit("/desk/deals/{deal}/milestones/{milestone_planned}/report", INSTITUTE),
        Visit("/desk/deals/{deal}/milestones/{milestone_planned}/report", INSTITUTE, press="Báo đã xong", status=422),
    ),
    "deal_milestone_return": (
        Visit("/desk/deals/{deal}/milestones/{milestone_reported}/return", ASKER),
        Visit("/desk/deals/{deal}/milestones/{milestone_reported}/return", ASKER, press="Trả lại mốc", status=422),
    ),
    "deal_milestone_remove": (Visit("/desk/deals/{deal}/milestones/{milestone_planned}/remove", ASKER),),
    "ask_nda": (
        Visit("/listings/{CN007}/nda", BUYER),
        Visit("/listings/{NC002}/nda", INSTITUTE),
        Visit("/listings/{CN007}/nda", BUYER, press="Gửi đề nghị", status=422),
        Visit("/listings/{CN001}/nda", INSTITUTE, status=409),
    ),
    "ndas": (
        Visit("/desk/ndas?side=recipient", ASKER),
        Visit("/desk/ndas?side=discloser", INSTITUTE),
        Visit("/desk/ndas?side=recipient", BUYER),
        Visit("/desk/ndas?side=discloser", ASKER),
    ),
    "nda": (
        Visit("/desk/ndas/{nda_active}", INSTITUTE),
        Visit("/desk/ndas/{nda_active}", ASKER),
        Visit("/desk/ndas/{nda_active}", ASKER, press="Mở đọc"),
        Visit("/desk/ndas/{nda_fixed}", ASKER),
        Visit("/desk/ndas/{nda_requested}", INSTITUTE),
        Visit("/desk/ndas/{nda_requested}", BUYER, status=404),
    ),
    "nda_fix": (
        Visit("/desk/ndas/{nda_requested}/text/fix", INSTITUTE),
        Visit("/desk/ndas/{nda_fixed}/text/fix", ASKER, status=403),
    ),
    "nda_sign": (
        Visit("/desk/ndas/{nda_fixed}/sign", ASKER),
        Visit("/desk/ndas/{nda_fixed}/sign", INSTITUTE, press="Ký thoả thuận", status=422),
    ),
    "nda_decline": (Visit("/desk/ndas/{nda_requested}/decline", INSTITUTE),),
    "nda_withdraw": (Visit("/desk/ndas/{nda_requested}/withdraw", ASKER),),
    "nda_revoke": (Visit("/desk/ndas/{nda_active}/revoke", ASKER),),
    "partners": (Visit("/partners"),),
    "partner_registry": (Visit("/desk/partners", OPERATOR), Visit("/desk/partners", BUYER, status=403)),
    "new_partner": (Visit("/desk/partners/new", OPERATOR),),
    "partner": (Visit("/desk/partners/{partner}", OPERATOR), Visit("/desk/partners/{partner_of_files}", OPERATOR)),
    "agreement": (Visit("/desk/partners/{partner}/agreement", OPERATOR),),
    "mapping": (Visit("/desk/partners/{partner}/mapping", OPERATOR),),
    "quarantine": (Visit("/desk/partners/{partner}/quarantine", OPERATOR),),
    "partner_run": (Visit("/desk/partners/{partner}/runs/{run}", OPERATOR),),
    "partner_file": (Visit("/desk/partners/{partner_of_files}/file", OPERATOR),),
    "overlay": (Visit("/desk/foreign/{foreign_id}", OPERATOR),),
    "clusters": (Visit("/desk/clusters", OPERATOR), Visit("/desk/clusters?view=open", OPERATOR)),
    "subject": (
        Visit("/desk/clusters/{foreign_id}", OPERATOR),
        Visit("/desk/clusters/{foreign_id}", OPERATOR, press="Ghép", status=422),
    ),
}

LEFT_OUT: Final[dict[str, str]] = {
    "agreement_paper": "a PDF file, always saved; test_partner_pages.py reads it",
    "feed": "an Atom document for programs",
    "similar_fragment": "stands on the pages of listings",
    "alert_feed": "an Atom document for programs",
    "follow_fragment": "stands on the page of a listing visited by somebody who follows it",
    "suggest_fragment": "options of the search box; test_main_job.py types into it",
    "account_fragment": "stands in the corner of every page visited by somebody signed in",
    "listing_owner_fragment": "stands on the pages of listings visited by their people and the operator",
    "post_need": "leads on to begin_listing",
    "mail_html": "a letter as a mail program shows it, apart from the site's layout",
    "quote_round_sheet": "a sheet to save",
    "deal_of_enquiry": "leads on to deal",
    "deal_registration_form": "a PDF file, always saved; test_legal_pages.py of the deals reads it",
    "deal_calendar": "a calendar file, always saved; test_calendar_pages.py of the deals reads it",
    "deals_calendar": "a calendar for programs; test_calendar_pages.py of the deals reads it",
    "deal_pdf": "a PDF file, always saved; test_document_pages.py of the deals reads it",
    "deal_certificate": "a file, always saved and never shown",
    "deal_file": "a file, always saved and never shown",
    "nda_fragment": "stands on the pages of listings visited by somebody signed in",
    "nda_text": "a file, always saved and never shown",
    "nda_evidence": "a PDF file, always saved; test_pages.py of the agreements reads it",
    "enquiry_file": "a file, always saved and never shown",
    "fees": "only there with billing on; test_fees.py of the pages reads it",
    "fee_way": "goes on to Stripe, by the same template as payment_card",
    "fee_invoice": "a PDF file, always saved; test_fees.py of the pages reads it",
    "payment_card": "goes on to Stripe; test_payments.py looks at it on the way",
    "card_payments_way": "goes on to Stripe, by the same template as payment_card",
    "payment_qr": "a picture on the page of a payment; test_payment_pages.py decodes it",
    "payment_receipt": "a PDF file, always saved; test_payment_pages.py reads it",
    "parts": "the gallery of parts, looked at in test_gallery.py",
}
