"""Which routers make up the pages. One line each: a newcomer finds every page from here."""

from fastapi import APIRouter

from app.web import desk as my_desk
from app.web import gallery, mail_box, root, synonyms
from app.web.accounts import account, menu, register, reset, sign_in, tokens
from app.web.alerts import feed as alert_feed
from app.web.alerts import follow, overview, stop
from app.web.brokering import board
from app.web.brokering import helping as case_helping
from app.web.deals import calendars as deal_calendars
from app.web.deals import desk as deal_desk
from app.web.deals import disputes as deal_disputes
from app.web.deals import documents as deal_documents
from app.web.deals import legal as deal_legal
from app.web.deals import milestone_forms as deal_milestone_forms
from app.web.deals import milestones as deal_milestones
from app.web.deals import papers as deal_papers
from app.web.deals import record as deal_record
from app.web.deals import registration as deal_registration
from app.web.deals import terms as deal_terms
from app.web.enquiries import (
    accept,
    answer,
    ask,
    ask_several,
    attachments,
    desk,
    kept,
    papers,
    quote,
    record,
    rounds,
    seen,
)
from app.web.insight import deals as deal_figures
from app.web.listings import confidential, edit, files, moves, need_words, review, suggestions
from app.web.listings import desk as listing_desk
from app.web.ndas import ask as ask_nda
from app.web.ndas import desk as nda_desk
from app.web.ndas import moves as nda_moves
from app.web.ndas import reading as nda_reading
from app.web.ndas import record as nda_record
from app.web.ndas import signing as nda_signing
from app.web.organisations import desk as organisation_desk
from app.web.organisations import members, public, verification
from app.web.partners import carrying as partner_carrying
from app.web.partners import clusters as partner_clusters
from app.web.partners import files as partner_files
from app.web.partners import keys as partner_keys
from app.web.partners import overlay as partner_overlay
from app.web.partners import partner as partner_page
from app.web.partners import public as public_partners
from app.web.partners import quarantine as partner_quarantine
from app.web.partners import registry as partner_registry
from app.web.partners import trial as partner_trial
from app.web.payments import account as payment_account
from app.web.payments import card as payment_card
from app.web.payments import desk as payment_desk
from app.web.payments import fees as payment_fees
from app.web.payments import moves as payment_moves
from app.web.payments import office as payment_office
from app.web.payments import record as payment_record
from app.web.payments import statements as payment_statements
from app.web.payments import webhook as payment_webhook
from app.web.storefront import browse, compare, feeds, fragments, home, listing_page, ranking, results, similar, texts

# Addresses without a language: /, /id/…, files, sitemap.
ROOT: tuple[APIRouter, ...] = (root.router, feeds.root_router, files.root_router, payment_webhook.router)

# Pages, included once under each language.
PAGES: tuple[APIRouter, ...] = (
    home.router,
    results.router,
    compare.router,
    listing_page.router,
    similar.router,
    browse.router,
    feeds.router,
    fragments.router,
    ranking.router,
    texts.router,
    sign_in.router,
    register.router,
    reset.router,
    account.router,
    tokens.router,
    overview.router,
    follow.router,
    stop.router,
    alert_feed.router,
    menu.router,
    public.router,
    organisation_desk.router,
    members.router,
    verification.router,
    synonyms.router,
    mail_box.router,
    gallery.router,
    my_desk.router,
    edit.router,
    need_words.router,
    listing_desk.router,
    moves.router,
    confidential.router,
    suggestions.router,
    review.router,
    ask.router,
    ask_several.router,
    kept.router,
    rounds.router,
    seen.router,
    board.router,
    case_helping.router,
    desk.router,
    record.router,
    quote.router,
    answer.router,
    accept.router,
    papers.router,
    attachments.router,
    deal_desk.router,
    deal_figures.router,
    deal_calendars.router,
    # Before the page of a deal, whose addresses end in a move.
    payment_desk.router,
    # Before the page of a payment, whose addresses end in a move.
    payment_card.router,
    payment_office.router,
    payment_fees.router,
    payment_record.router,
    payment_moves.router,
    payment_account.router,
    payment_statements.router,
    deal_milestones.router,
    deal_milestone_forms.router,
    deal_terms.router,
    deal_legal.router,
    deal_registration.router,
    deal_documents.router,
    deal_papers.router,
    deal_disputes.router,
    deal_record.router,
    ask_nda.router,
    nda_desk.router,
    nda_record.router,
    nda_signing.router,
    nda_moves.router,
    nda_reading.router,
    public_partners.router,
    partner_registry.router,
    partner_page.router,
    partner_keys.router,
    partner_carrying.router,
    partner_quarantine.router,
    partner_trial.router,
    partner_files.router,
    partner_overlay.router,
    partner_clusters.router,
)
