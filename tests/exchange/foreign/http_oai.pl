# Debian's libhttp-oai-perl: perl http_oai.pl ADDRESS PREFIX FROM → one line per record, [identifier, whether it is deleted].
use strict;
use warnings;
use HTTP::OAI;
use JSON::PP;

my ($address, $prefix, $from) = @ARGV;
my $client = HTTP::OAI::Harvester->new(baseURL => $address);
# Asked one by one after the last page, it has only that page's records.
my $answer = $client->ListRecords(metadataPrefix => $prefix, $from ? (from => $from) : (), onRecord => sub {
    my ($record) = @_;
    print encode_json([$record->identifier, $record->header->is_deleted ? JSON::PP::true : JSON::PP::false]), "\n";
});
if ($answer->is_error) {
    my @errors = $answer->can('errors') ? $answer->errors : ();
    die $answer->message unless @errors && $errors[0]->code eq 'noRecordsMatch';
}
