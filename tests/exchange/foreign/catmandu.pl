# Debian's libcatmandu-oai-perl: perl catmandu.pl ADDRESS PREFIX FROM → one line per record, [identifier, whether it is deleted].
use strict;
use warnings;
use Catmandu::Importer::OAI;
use JSON::PP;

my ($address, $prefix, $from) = @ARGV;
Catmandu::Importer::OAI->new(url => $address, metadataPrefix => $prefix, $from ? (from => $from) : ())->each(sub {
    my ($record) = @_;
    print encode_json([$record->{_identifier}, $record->{_status} eq 'deleted' ? JSON::PP::true : JSON::PP::false]), "\n";
});
