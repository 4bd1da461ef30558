"""Words in class, id, role, itemprop and rel that hint at an element's purpose.

The words are those of web templates (mostly English whatever the page's language, with the
German, French, Spanish, Italian, Polish, Dutch and Portuguese ones that occur often). One
Aho-Corasick automaton finds them all in one step a byte. `_` at a word's ends asks for a
word boundary there: a non-letter, or a change from lower to upper case.
"""

import numpy as np
from numba import njit

CATEGORIES: dict[str, str] = {
    "content": "content contenido contenu inhalt conteudo contenuto tresc artykul beitrag _body_ _text_"
    " _texte_ _texto_ _copy_ richtext rich-text rte _prose_ markdown wysiwyg textblock bodytext",
    "article": "article artikel articolo articulo artigo _entry _post_ _posts_ blogpost postcontent"
    " _story _stories_ _news_ hentry",
    "article_body": "articlebody article-body article-content article-text articletext entry-content"
    " entrycontent post-content postcontent post-body story-body storybody story-content"
    " article__body article__content td-post-content postbody blogpostbody reviewbody",
    "main": "_main_ maincontent main-content main_content _primary_ _hauptinhalt_ _mainbody_ _page_",
    "description": "description beschreibung descripcion opis_ _detail _details_ _spec_ _specs_"
    " specification features _summary_ abstract excerpt _info_ overview faq accordion",
    "lead": "_lead_ _intro teaser-text standfirst subtitle subhead sub-title subheadline _kicker_"
    " _deck_ _dek_ dachzeile vorspann chapo sapo",
    "title": "title headline heading ueberschrift titel_ titre",
    "comment": "comment kommentar comentario commentaire komentar disqus _reply respond",
    "thread": "_thread_ _message _msg topic forum _reply_ postrow post-row viewtopic post_message"
    " cooked discussion question answer",
    "quote": "quote zitat citation pullquote blockquote bbcode_quote",
    "signature": "signature _sig_ bio_ _bio aboutauthor about-the-author authorbox author-box",
    "user": "_user _username avatar profile member rank_ poster_ postprofile",
    "byline": "byline author autor _date_ _time_ datum fecha timestamp published pubdate _meta_"
    " postmeta post-meta entry-meta dateline",
    "sidebar": "sidebar side-bar _aside rightcol right-col leftcol left-col _rail_ _widget"
    " rightcolumn leftcolumn marginal randspalte secondary",
    "nav": "_nav_ navi navbar menu _menue breadcrumb _crumb toc_ _toc tableofcontents"
    " table-of-contents skiplink skip-link _skip_ navigation mainnav subnav megamenu",
    "footer": "footer fusszeile _foot_ copyright impressum legal colophon contentinfo bottom",
    "header": "header masthead _banner _top_ topbar kopf logo branding",
    "share": "share sharing social teilen compartir partager facebook twitter whatsapp linkedin"
    " pinterest _like_ follow addtoany addthis",
    "related": "related _relat recommend similar aehnlich mehr-zum more- readmore read-more weiterlesen"
    " trending popular mostread most-read _latest_ _recent_ outbrain taboola zergnet upnext crosssell"
    " cross-sell upsell you-may also-like verwandt",
    "teaser": "teaser _card_ _cards_ _tile _promo _item_ _items_ preview thumbnail thumb_ carousel slider"
    " swiper slick slide_ gallery featured",
    "ad": "_ad_ _ads_ advert anzeige sponsor _adv_ publicidad publicite reklama werbung banner_ dfp"
    " googlead adsense affiliate partner",
    "caption": "caption credit bildunterschrift legende _figure_ _image_ _img_ picture photo media_"
    " _foto _bild",
    "tags": "_tag_ _tags_ taglist tagcloud _category _categories label_ _labels_ keyword schlagwort"
    " _topics_ _rubrik",
    "consent": "cookie consent gdpr dsgvo _popup modal overlay lightbox _dialog onetrust usercentrics"
    " paywall _gate_ _notice_ _alert_ warning notification tooltip toast",
    "subscribe": "newsletter subscribe subscription abonn login signin sign-in signup sign-up register"
    " anmelden mailchimp _cta_ calltoaction call-to-action donate spenden",
    "form": "search suche _form_ filter sort_ _sort facet input_ button _btn dropdown select_ toggle"
    " toolbar _tools_ _tool_ print_ _print actions _action_ controls",
    "pager": "pagination pager paging _prev previous _next_ pagenav seitenzahl _pages_",
    "list": "_list_ _grid_ _listing _results _result_ collection catalog archive _row_ _rows_",
    "product": "product produkt producto produit price preis precio _prix_ _cart basket warenkorb _shop"
    " _sku_ _buy_ stock_ variant quantity review rating stars_ wishlist",
    "docs": "_docs_ _doc_ documentation manual reference _api_ _code_ highlight sphinx docutils rst-"
    " _section_ tutorial readme example_",
    "hidden": "hidden sr-only screen-reader screenreader visually _sr_ noprint no-print invisible_"
    " collapse offscreen mobile-only display-none",
}
"""Category -> its words; a category is one bit, in this order."""

_LETTERS = 32  # 0 = boundary, 1-26 = a-z, 27 = digit


def _automaton() -> tuple[np.ndarray, np.ndarray]:
    """(next state, as [state + letter], a state counting in steps of 32; its words' bits)."""
    goto: list[dict[int, int]] = [{}]
    bits = [0]
    for category, words in enumerate(CATEGORIES.values()):
        for word in words.split():
            state = 0
            for c in word:
                letter = ord(c) - 96 if "a" <= c <= "z" else 27 if c.isdigit() else 0
                if letter not in goto[state]:
                    goto[state][letter] = len(goto)
                    goto.append({})
                    bits.append(0)
                state = goto[state][letter]
            bits[state] |= 1 << category
    table = np.zeros((len(goto), _LETTERS), np.int16)
    fail = [0] * len(goto)
    queue = [0]
    for state in queue:
        table[state] = table[fail[state]] if state else 0
        bits[state] |= bits[fail[state]]
        for letter, following in goto[state].items():
            fail[following] = int(table[state, letter]) if state else 0
            table[state, letter] = following
            queue.append(following)
    return table.astype(np.uint32).ravel() * np.uint32(_LETTERS), np.array(bits, np.uint32)


NEXT, BITS = _automaton()
_KIND = np.zeros(256, np.uint8)  # a byte's letter; 32 added for upper case
for _b in range(256):
    _c = chr(_b)
    _KIND[_b] = (
        (_b - 96 if "a" <= _c <= "z" else _b - 64 + 32 if "A" <= _c <= "Z" else 27 * _c.isdigit())
        if _b < 128
        else 0
    )


@njit(cache=True, boundscheck=False)
def keyword_bits(html, start, end, following, bits):  # type: ignore[no-untyped-def]
    """The categories of the words found in html[start:end], one bit each."""
    found = np.uint32(0)
    state = np.uint64(following[0])
    lower = False
    for i in range(start, end):
        kind = np.uint64(_KIND[html[i]])
        if kind > 32 and lower:
            state = np.uint64(following[state])
            found |= bits[state >> np.uint64(5)]
        lower = bool(kind - np.uint64(1) < np.uint64(26))
        state = np.uint64(following[state + (kind & np.uint64(31))])
        found |= bits[state >> np.uint64(5)]
    state = np.uint64(following[state])
    return found | bits[state >> np.uint64(5)]
