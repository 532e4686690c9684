// npm's oai-pmh: node harvest.mjs ADDRESS PREFIX FROM → one line per record, [identifier, whether it is deleted].
import oai from "oai-pmh";

const [address, metadataPrefix, from] = process.argv.slice(2);
const client = new oai.OaiPmh(address);
const asked = from ? { metadataPrefix, from } : { metadataPrefix };
try {
  for await (const { header } of client.listRecords(asked)) {
    console.log(JSON.stringify([header.identifier, header.$?.status === "deleted"]));
  }
} catch (fault) {
  if (fault.code !== "noRecordsMatch") throw fault;
}
