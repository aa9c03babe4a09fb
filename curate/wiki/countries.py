"""Country codes and the countries' names in wikis: `{{USA}}` shows United States.

Those of ISO 3166 and, where they differ, of the Olympic Committee and of football. Ours, because
pycountry 26.2 has 246 of the 345 codes, and 221 with the name that wikis show.
"""

_CODES = """
AFG Afghanistan|ALB Albania|ALG DZA Algeria|ASA ASM American Samoa|AND Andorra|ANG AGO Angola
AIA Anguilla|ANT ATG Antigua and Barbuda|ARG Argentina|ARM Armenia|ARU ABW Aruba|AUS Australia
AUT Austria|AZE Azerbaijan|BAH BHS Bahamas|BRN BHR Bahrain|BAN BGD Bangladesh|BAR BRB Barbados
BLR Belarus|BEL Belgium|BIZ BLZ Belize|BEN Benin|BER BMU Bermuda|BHU BTN Bhutan|BOL Bolivia
BIH Bosnia and Herzegovina|BOT BWA Botswana|BVT Bouvet Island|BRA Brazil|BRU Brunei
IVB VGB British Virgin Islands|BUL BGR Bulgaria|BUR BFA Burkina Faso|BDI Burundi|CAM KHM Cambodia
CMR Cameroon|CAN Canada|CPV Cape Verde|CAY CYM Cayman Islands|CAF CTA Central African Republic
CHA TCD Chad|CHI CHL Chile|CHN China|CXR Christmas Island|CCK Cocos (Keeling) Islands|COL Colombia
COM Comoros|COK Cook Islands|CRC CRI Costa Rica|CRO HRV Croatia|CUB Cuba|CUR CUW Curaçao
CYP Cyprus|CZE Czech Republic|COD Democratic Republic of the Congo|DEN DNK Denmark|DJI Djibouti
DMA Dominica|DOM Dominican Republic|ECU Ecuador|EGY Egypt|ESA SLV El Salvador|ENG England
GEQ GNQ Equatorial Guinea|ERI Eritrea|EST Estonia|SWZ Eswatini|ETH Ethiopia|FLK Falkland Islands
FRO FRI Faroe Islands|FIJ FJI Fiji|FIN Finland|FRA France|GUF French Guiana|PYF French Polynesia
GAB Gabon|GAM GMB Gambia|GEO Georgia|GER DEU Germany|GHA Ghana|GIB Gibraltar|GRE GRC Greece
GRL Greenland|GRN GRD Grenada|GLP Guadeloupe|GUM Guam|GUA GTM Guatemala|GGY Guernsey
GUI GIN Guinea|GBS GNB Guinea-Bissau|GUY Guyana|HAI HTI Haiti|HON HND Honduras|HKG Hong Kong
HUN Hungary|ISL Iceland|IND India|INA IDN Indonesia|IRI IRN Iran|IRQ Iraq|IRL Ireland
IOM IMN Isle of Man|ISR Israel|ITA Italy|CIV Ivory Coast|JAM Jamaica|JPN Japan|JEY Jersey
JOR Jordan|KAZ Kazakhstan|KEN Kenya|KIR Kiribati|KOS KVX Kosovo|KUW KWT Kuwait|KGZ Kyrgyzstan
LAO Laos|LAT LVA Latvia|LIB LBN Lebanon|LES LSO Lesotho|LBR Liberia|LBA LBY Libya
LIE Liechtenstein|LTU Lithuania|LUX Luxembourg|MAC Macau|MAD MDG Madagascar|MAW MWI Malawi
MAS MYS Malaysia|MDV Maldives|MLI Mali|MLT Malta|MHL Marshall Islands|MTQ Martinique
MTN MRT Mauritania|MRI MUS Mauritius|MYT Mayotte|MEX Mexico|FSM Federated States of Micronesia
MDA Moldova|MON MCO Monaco|MGL MNG Mongolia|MNE Montenegro|MSR Montserrat|MAR Morocco
MOZ Mozambique|MYA MMR Myanmar|NAM Namibia|NRU Nauru|NEP NPL Nepal|NED NLD Netherlands
NCL New Caledonia|NZL New Zealand|NCA NIC Nicaragua|NIG NER Niger|NGR NGA Nigeria|NIU Niue
NFK Norfolk Island|PRK North Korea|MKD North Macedonia|NIR Northern Ireland
NMI MNP Northern Mariana Islands|NOR Norway|OMA OMN Oman|PAK Pakistan|PLW Palau|PLE PSE Palestine
PAN Panama|PNG Papua New Guinea|PAR PRY Paraguay|PER Peru|PHI PHL Philippines|PCN Pitcairn Islands
POL Poland|POR PRT Portugal|PUR PRI Puerto Rico|QAT Qatar|CGO COG Republic of the Congo
REU Réunion|ROU Romania|RUS Russia|RWA Rwanda|BLM Saint Barthélemy|SHN Saint Helena
SKN KNA Saint Kitts and Nevis|LCA Saint Lucia|MAF Saint Martin|SPM Saint Pierre and Miquelon
VIN VCT Saint Vincent and the Grenadines|SAM WSM Samoa|SMR San Marino|STP São Tomé and Príncipe
KSA SAU Saudi Arabia|SCO Scotland|SEN Senegal|SRB Serbia|SEY SYC Seychelles|SLE Sierra Leone
SIN SGP Singapore|SXM Sint Maarten|SVK Slovakia|SLO SVN Slovenia|SOL SLB Solomon Islands
SOM Somalia|RSA ZAF South Africa|KOR South Korea|SGS South Georgia and the South Sandwich Islands
SSD South Sudan|URS Soviet Union|ESP Spain|SRI LKA Sri Lanka|SUD SDN Sudan|SUR Suriname
SJM Svalbard and Jan Mayen|SWE Sweden|SUI CHE Switzerland|SYR Syria|TPE TWN Taiwan|TJK Tajikistan
TAN TZA Tanzania|THA Thailand|TLS Timor-Leste|TOG TGO Togo|TKL Tokelau|TGA TON Tonga
TRI TTO Trinidad and Tobago|TUN Tunisia|TUR Turkey|TKM Turkmenistan|TCA Turks and Caicos Islands
TUV Tuvalu|UGA Uganda|UKR Ukraine|UAE ARE United Arab Emirates|GBR UK United Kingdom
USA US United States|URU URY Uruguay|ISV VIR United States Virgin Islands|UZB Uzbekistan
VAN VUT Vanuatu|VAT Vatican City|VEN Venezuela|VIE VNM Vietnam|WAL Wales|WLF Wallis and Futuna
ESH Western Sahara|YEM Yemen|ZAM ZMB Zambia|ZIM ZWE Zimbabwe|FRG West Germany|GDR East Germany
TCH Czechoslovakia|YUG Yugoslavia|SCG Serbia and Montenegro
"""


def _read() -> dict[str, str]:
    by_code = {}
    for line in _CODES.strip().replace("\n", "|").split("|"):
        words = line.split(" ")
        codes = [word for word in words if word.isupper() and len(word) <= 3]
        by_code.update(dict.fromkeys(codes, " ".join(words[len(codes) :])))
    return by_code


COUNTRIES = _read()
